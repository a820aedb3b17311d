import KubernetesClient
import PixelFlowClient
import Terminal
import WireFormats

/// A snapshot of the installation.
struct InstallationStatus: Sendable {
    let installation: Installation
    let context: String?
    let pods: [PodHealth]
    let autoscalers: [AutoscalerState]
    /// Latest first.
    let warnings: [Event]
    let tasks: TaskCounts?
    /// One line for each part that could not be read.
    let notes: [String]
    let time: Timestamp

    /// Whether any part of the installation is degraded.
    var isDegraded: Bool {
        installation.workloads.contains { !$0.isSettled } || autoscalers.contains { $0.trouble != nil }
    }

    func pods(of workload: Workload) -> [PodHealth] {
        pods.filter { workload.owns($0.labels) && !$0.isFinished }
    }

    func autoscaler(of workload: Workload) -> AutoscalerState? {
        autoscalers.first { $0.target == workload.name }
    }

    func drain(_ autoscaler: AutoscalerState) -> DrainEstimate {
        DrainEstimate(lag: autoscaler.lag, rate: tasks?.rate)
    }
}

/// The statistics of `/api/stats`.
struct TaskCounts: Sendable, Hashable {
    /// By status.
    let counts: [String: Int]
    let completedLastMinute: Int
    let completedLastHour: Int
    /// The number of failed tasks by error code.
    let failures: [String: Int]
    let oldestPendingSeconds: Double?

    init(_ json: JSONValue) {
        counts = Self.integers(json["counts"])
        failures = Self.integers(json["failures"])
        completedLastMinute = json["throughput"]?["completed_last_minute"]?.intValue ?? 0
        completedLastHour = json["throughput"]?["completed_last_hour"]?.intValue ?? 0
        oldestPendingSeconds = json["oldest_pending_seconds"]?.doubleValue
    }

    private static func integers(_ json: JSONValue?) -> [String: Int] {
        (json?.objectValue ?? [:]).compactMapValues(\.intValue)
    }

    /// Tasks per second, over the last minute.
    var rate: Double { Double(completedLastMinute) / 60 }
}

/// The estimated time until a queue is empty.
enum DrainEstimate: Sendable, Hashable {
    case empty
    case within(Duration)
    /// Nothing is being completed.
    case never
    /// There is no basis for an estimate.
    case unknown

    /// - Parameters:
    ///   - lag: The number of waiting tasks.
    ///   - rate: Tasks per second; nil if unknown.
    init(lag: Double?, rate: Double?) {
        guard let lag else {
            self = .unknown
            return
        }
        guard lag > 0 else {
            self = .empty
            return
        }
        guard let rate else {
            self = .unknown
            return
        }
        self = rate > 0 ? .within(.seconds(clamping: (lag / rate).rounded(.up))) : .never
    }

    var text: String? {
        switch self {
        case .empty: "nothing waits"
        case .within(let duration): "drains in about \(DurationText.age(duration))"
        case .never: "not draining"
        case .unknown: nil
        }
    }

    /// Nil if unknown or never.
    var seconds: Int? {
        switch self {
        case .empty: 0
        case .within(let duration): Int(duration.components.seconds)
        case .never, .unknown: nil
        }
    }
}

/// Collects an `InstallationStatus`. Requests all lists concurrently, and then everything that depends on a pod. With the two round trips
/// of a forwarded port, that makes at most three in sequence.
struct StatusGathering: Sendable {
    /// Older warnings say little about the current state.
    private static let warningAge = Duration.seconds(3_600)
    private static let warningLimit = 5
    /// The longest acceptable wait for the counts.
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
        let ownAutoscalers = await autoscalers.map { $0.filter { $0.metadata.release == installation.release } }
        let recoveries = Recoveries(pods: ownPods.value ?? [], autoscalers: ownAutoscalers.value ?? [])
        let now = session.now
        return InstallationStatus(
            installation: installation, context: client.configuration.contextName,
            pods: (ownPods.value ?? []).map(PodHealth.init).sorted { $0.name < $1.name },
            autoscalers: (ownAutoscalers.value ?? []).map(AutoscalerState.init).sorted { $0.name < $1.name },
            warnings: Self.recent((await events.value ?? []).filter { !recoveries.hasRecovered(from: $0) }, of: installation, at: now),
            tasks: tasks.value, notes: [ownPods.note, ownAutoscalers.note, await events.note, tasks.note].compactMap { $0 }, time: now)
    }

    private func tasks(_ pods: [Pod]) async -> Gathered<TaskCounts> {
        guard let caller = try? TokenOptions.ambient(in: session) else {
            return Gathered(note: "tasks: not shown; run pfctl login to see them")
        }
        guard let pod = pods.first(where: { $0.metadata.component == "api" && PodHealth($0).isReady }) else {
            return Gathered(note: "tasks: not shown because no api pod is ready")
        }
        return await optional("the task counts") {
            try await ForwardedService.using(.api, pod: pod.name, in: session, as: caller, timeout: Self.taskTimeout) { api in
                TaskCounts(try await api.call { try await $0.statistics() })
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

/// An optional part, or the reason why it is missing.
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

/// Detects warnings that no longer apply: a starting pod causes warnings about its probes, and an autoscaler about its metric, until both
/// work.
struct Recoveries: Sendable {
    /// The times of recovery, by kind and name of the object.
    private let times: [String: Timestamp]

    init(pods: [Pod], autoscalers: [HorizontalPodAutoscaler]) {
        let ready = pods.compactMap { Self.since("Ready", $0.status?.conditions, "Pod/\($0.name)") }
        let active = autoscalers.compactMap { Self.since("ScalingActive", $0.status?.conditions, "HorizontalPodAutoscaler/\($0.name)") }
        times = Dictionary(ready + active) { first, _ in first }
    }

    private static func since(_ type: String, _ conditions: [Condition]?, _ object: String) -> (String, Timestamp)? {
        guard let condition = conditions?[type], condition.isTrue, let time = condition.lastTransitionTime else { return nil }
        return (object, time)
    }

    /// Whether the object of a warning has recovered since.
    func hasRecovered(from event: Event) -> Bool {
        guard let object = event.involvedObject, let kind = object.kind, let name = object.name, let seen = event.lastSeen,
            let recovery = times["\(kind)/\(name)"]
        else { return false }
        return seen <= recovery
    }
}

extension Installation {
    /// Whether an event is about one of the workloads, or about a pod, a ReplicaSet, … whose name starts with that of one.
    func owns(_ event: Event) -> Bool {
        guard let name = event.involvedObject?.name else { return false }
        return workloads.contains { name == $0.name || name.hasPrefix($0.name + "-") }
    }
}
