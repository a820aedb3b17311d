import KubernetesClient

/// Collects an `InstallationStatus`: all lists at once, and only then what needs to know a pod. With the
/// two round trips of a forwarded port that makes three in a row at most.
struct StatusGathering: Sendable {
    /// Older warnings say little about now.
    private static let warningAge = Duration.seconds(3_600)
    private static let warningLimit = 5
    /// The counts are worth so much waiting.
    private static let taskTimeout = Duration.seconds(10)

    let session: Session

    func gather() async throws -> InstallationStatus {
        let client = try session.client()
        async let deployments = client.list(Deployment.self, in: .current, InstallationLabels.everything)
        async let sets = client.list(StatefulSet.self, in: .current, InstallationLabels.everything)
        async let pods = optional("the pods") { try await client.list(Pod.self, in: .current, InstallationLabels.everything).items }
        async let autoscalers = optional("the autoscalers") {
            try await client.list(HorizontalPodAutoscaler.self, in: .current, InstallationLabels.everything).items
        }
        async let events = optional("the events") { try await client.events(type: "Warning") }
        let installation = try Installation(
            deployments: try await deployments.items, statefulSets: try await sets.items, namespace: client.namespace,
            release: session.global.release)
        let ownPods = await pods.map { $0.filter { $0.metadata.release == installation.release } }
        let tasks = await tasks(ownPods.value ?? [])
        let now = session.now
        return InstallationStatus(
            installation: installation, context: client.configuration.contextName,
            pods: (ownPods.value ?? []).map(PodHealth.init).sorted { $0.name < $1.name },
            autoscalers: (await autoscalers.value ?? []).filter { $0.metadata.release == installation.release }
                .map(AutoscalerState.init).sorted { $0.name < $1.name },
            warnings: Self.recent(await events.value ?? [], of: installation, at: now),
            tasks: tasks.value, notes: [ownPods.note, await autoscalers.note, await events.note, tasks.note].compactMap { $0 }, time: now)
    }

    private func tasks(_ pods: [Pod]) async -> Gathered<TaskCounts> {
        guard let token = try? TokenOptions.ambient(in: session) else {
            return Gathered(note: "tasks: not shown; run pfctl login to see them")
        }
        guard let pod = pods.first(where: { $0.metadata.component == "api" && PodHealth($0).isReady }) else {
            return Gathered(note: "tasks: not shown because no api pod is ready")
        }
        return await optional("the task counts") {
            let api = try await ForwardedService.open(.api, pod: pod.name, session: session, token: token)
            do {
                let json = try await api.get("/api/stats", timeout: Self.taskTimeout)
                await api.close()
                return TaskCounts(json)
            } catch {
                await api.close()
                throw error
            }
        }
    }

    private func optional<Value: Sendable>(_ name: String, _ body: @Sendable () async throws -> Value) async -> Gathered<Value> {
        do {
            return Gathered(value: try await body(), note: nil)
        } catch {
            return Gathered(note: "\(name): not shown, \(CommandError(error).message)")
        }
    }

    static func recent(_ events: [Event], of installation: Installation, at now: Timestamp) -> [Event] {
        let own = events.filter { event in
            guard let seen = event.lastSeen, seen.age(at: now) < warningAge else { return false }
            return installation.owns(event)
        }
        return Array(own.reversed().prefix(warningLimit))
    }
}

/// An optional part, or why it is missing.
struct Gathered<Value: Sendable>: Sendable {
    var value: Value?
    var note: String?

    init(value: Value? = nil, note: String?) {
        self.value = value
        self.note = note
    }

    func map<Other: Sendable>(_ change: (Value) -> Other) -> Gathered<Other> {
        Gathered<Other>(value: value.map(change), note: note)
    }
}

extension Installation {
    /// Whether an event is about one of the workloads, or about a pod, a ReplicaSet, … that is named after one.
    func owns(_ event: Event) -> Bool {
        guard let name = event.involvedObject?.name else { return false }
        return workloads.contains { name == $0.name || name.hasPrefix($0.name + "-") }
    }
}
