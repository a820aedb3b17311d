import KubernetesClient
import Terminal
import WireFormats

/// Changes the number of pods of a service, or its bounds.
struct ServiceScaling: Sendable {
    /// A status update between the read and the write causes a conflict that can be retried.
    private static let attempts = 4

    let session: Session
    let workload: Workload
    let change: ChangeOptions

    /// Empty if listing them is not permitted, or if the cluster does not have the API.
    static func autoscalers(in session: Session) async throws -> [AutoscalerState] {
        do {
            let list = try await session.client().list(HorizontalPodAutoscaler.self, in: .current, InstallationLabels.everything)
            return list.items.map(AutoscalerState.init)
        } catch let error as KubernetesError where error.kind == .forbidden || error.kind == .notFound {
            return []
        }
    }

    /// - Parameter expected: Scale only if this is the current number of replicas.
    func set(_ replicas: Int, expecting expected: Int?) async throws -> Document {
        if !change.isClientOnly { try await write(replicas, expecting: expected) }
        try await change.disown(workload.kind, workload.name, in: session)
        let what = "scaled from \(workload.desired) to \(replicas)\(ChangeOptions.duration)"
        let text = Text("\(workload.reference) \(what)\(change.suffix)")
        let data: JSONValue = [
            "object": .string(workload.reference), "previous_replicas": .integer(workload.desired),
            "replicas": .integer(replicas), "dry_run": .string(change.dryRun.rawValue),
        ]
        return .message(text, data: data, names: [workload.reference])
    }

    /// - Throws: `CommandError` if further pods would be databases of their own.
    func allow(_ replicas: Int) throws {
        guard case .statefulSet = workload.object, replicas > 1 else { return }
        throw CommandError(
            .failed, "\(workload.component) can have only one pod: the data of another one would be separate",
            hint: "for more, use a server of your own: docs/production.md")
    }

    /// - Throws: `CommandError` if this is not the current number of replicas.
    @discardableResult
    func scale(expecting expected: Int) async throws -> Scale {
        let scale = try await session.client().scale(workload.kind, workload.name)
        let current = scale.spec?.replicas ?? 0
        guard current == expected else {
            throw CommandError(.failed, "\(workload.component) has \(current) replicas, not \(expected); nothing was changed")
        }
        return scale
    }

    private func write(_ replicas: Int, expecting expected: Int?) async throws {
        let client = try session.client()
        guard let expected else {
            try await client.setScale(workload.kind, workload.name, replicas: replicas, options: change.writeOptions)
            return
        }
        for attempt in 1...Self.attempts {
            let scale = try await scale(expecting: expected)
            do {
                try await client.setScale(
                    workload.kind, workload.name, replicas: replicas, resourceVersion: scale.metadata.resourceVersion,
                    options: change.writeOptions)
                return
            } catch let error as KubernetesError where error.kind == .conflict && attempt < Self.attempts {
                continue
            }
        }
    }

    func wait(for replicas: Int, timeout: Duration) async throws {
        try await WorkloadWatch(session: session).wait(for: workload, timeout: timeout) { current in
            guard current.desired == replicas else {
                throw CommandError(
                    .failed,
                    "someone else, perhaps the autoscaler, changed the replicas to \(current.desired) in the meantime")
            }
            if case .failed(let why) = RolloutProgress(current) { throw CommandError(.failed, "\(current.component): \(why)") }
            if case .underway = RolloutProgress(current), current.existing == replicas, current.ready == replicas {
                return .waiting("waiting for the controller to observe the change")
            }
            guard current.existing == replicas, current.ready == replicas else {
                return .waiting("\(current.ready) of \(replicas) replicas are ready, \(current.existing) exist")
            }
            return .done
        }
    }

    func setBounds(of autoscaler: AutoscalerState?, minimum: Int?, maximum: Int?) async throws -> Document {
        guard let autoscaler else {
            throw CommandError(
                .failed, "\(workload.component) has no autoscaler",
                hint:
                    "pfctl scale \(workload.component) --replicas N sets its replicas")
        }
        let bounds = try await ScalingBounds(of: autoscaler, in: session)
        let (lower, upper) = (minimum ?? bounds.minimum, maximum ?? bounds.maximum)
        try await bounds.set(minimum: lower, maximum: upper, change: change, in: session)
        let data: JSONValue = [
            "object": .string(bounds.reference), "min": .integer(lower), "max": .integer(upper),
            "dry_run": .string(change.dryRun.rawValue),
        ]
        return .message(
            Text("\(bounds.reference) now scales between \(lower) and \(upper) replicas\(ChangeOptions.duration)\(change.suffix)"),
            data: data, names: [bounds.reference])
    }
}
