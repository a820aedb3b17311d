import KubernetesClient
import Terminal
import WireFormats

/// Changes to a workload that start, stop or control a rollout.
struct RolloutChange: Sendable {
    /// Set by `kubectl rollout restart`: a new time makes the template a new one.
    private static let restartAnnotation = "kubectl.kubernetes.io/restartedAt"

    let session: Session
    let options: ChangeOptions

    func restart(_ workload: Workload) async throws -> Document {
        guard !workload.isPaused else {
            throw CommandError(
                .failed, "\(workload.reference) is paused and cannot be restarted",
                hint: "run pfctl rollout resume \(workload.component) first")
        }
        let annotations: JSONValue = .object([Self.restartAnnotation: .string(session.now.text)])
        return try await send(.strategic(["spec": ["template": ["metadata": ["annotations": annotations]]]]), to: workload, "restarted")
    }

    func setPaused(_ isPaused: Bool, _ workload: Workload) async throws -> Document {
        guard workload.isPaused != isPaused else {
            throw CommandError(.failed, "\(workload.reference) is \(isPaused ? "already paused" : "not paused")")
        }
        let change = Patch.merge(["spec": ["paused": isPaused ? true : .null]])
        return try await send(change, to: workload, isPaused ? "paused" : "resumed")
    }

    /// Restores the template of an earlier ReplicaSet.
    /// - Parameter set: The object as returned by the cluster, with every field.
    func undo(_ workload: Workload, to set: JSONValue, revision: Int) async throws -> Document {
        guard var template = set["spec"]?["template"] else {
            throw CommandError(.failed, "revision \(revision) has no template")
        }
        // The label belongs to the ReplicaSet, not to the template.
        var labels = template["metadata"]?["labels"] ?? [:]
        labels[Revision.hashLabel] = nil
        template["metadata"] = template["metadata"] ?? [:]
        template["metadata"]?["labels"] = labels
        let replace: JSONValue = ["op": "replace", "path": "/spec/template", "value": template]
        return try await send(
            .json([replace]), to: workload,
            "rolled back to revision \(revision)", ["revision": .integer(revision)], lasting: ChangeOptions.duration)
    }

    private func send(
        _ patch: Patch, to workload: Workload, _ what: String, _ more: [String: JSONValue] = [:], lasting duration: String = ""
    ) async throws -> Document {
        if !options.isClientOnly {
            try await session.client().patch(workload.kind, workload.name, patch, options: options.writeOptions)
        }
        try await options.disown(workload.kind, workload.name, in: session)
        var data: JSONValue = [
            "object": .string(workload.reference), "change": .string(what), "dry_run": .string(options.dryRun.rawValue),
        ]
        for (key, value) in more { data[key] = value }
        return .message(Text("\(workload.reference) \(what)\(duration)\(options.suffix)"), data: data, names: [workload.reference])
    }
}
