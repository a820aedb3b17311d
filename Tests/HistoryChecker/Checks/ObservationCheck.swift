import PixelFlowCore

/// Observations of clients are consistent with each other and with the final state of the task.
enum ObservationCheck {
    @Sendable static func violations(in history: History) -> [Violation] {
        let tasks = history.tasksByID
        return Dictionary(grouping: history.observations, by: \.task).flatMap { id, seen in
            guard let task = tasks[id] else { return [Violation(.lostTask, id, "seen by a client, and not there")] }
            return responses(id, seen) + revisions(id, seen) + conclusions(task, seen)
        }
    }

    /// One client's responses never go back in time.
    private static func responses(_ task: TaskID, _ seen: [Observation]) -> [Violation] {
        Dictionary(grouping: seen.filter { $0.means == .response }, by: \.client).flatMap { client, responses in
            zip(responses, responses.dropFirst()).filter { $0.revision > $1.revision }.map {
                Violation(.timeOrder, task, "\(client) saw revision \($0.revision) and then \($1.revision)")
            }
        }
    }

    /// A revision has the same state for all clients; later revisions have states that can follow.
    private static func revisions(_ task: TaskID, _ seen: [Observation]) -> [Violation] {
        let ordered = seen.sorted { $0.revision < $1.revision }
        return zip(ordered, ordered.dropFirst()).compactMap { earlier, later in
            if earlier.revision == later.revision {
                guard earlier.status != later.status || earlier.outputs != later.outputs else { return nil }
                return Violation(.contradiction, task, "revision \(later.revision): \(describe(earlier)), \(describe(later))")
            }
            if earlier.status == .completed, later.status == .completed, earlier.outputs != later.outputs {
                return Violation(.changedOutput, task, "\(describe(earlier)), then \(describe(later))")
            }
            guard !canFollow(earlier, later) else { return nil }
            return Violation(.forbiddenStep, task, "seen \(describe(earlier)), then \(describe(later))")
        }
    }

    /// Final states that were observed did not change.
    private static func conclusions(_ task: TaskRecord, _ seen: [Observation]) -> [Violation] {
        let outputs = Dictionary(task.outputs.compactMap { output in output.image.map { (output.name, $0.sha256) } }) { first, _ in first }
        return seen.compactMap { observation in
            if observation.revision > task.revision {
                return Violation(.timeOrder, task.id, "seen at revision \(observation.revision), now at \(task.revision)")
            }
            guard observation.status == .completed else { return nil }
            guard task.status == .completed, task.generation == observation.generation else {
                return Violation(.forbiddenStep, task.id, "seen COMPLETED, now \(task.status.rawValue)")
            }
            guard outputs != observation.outputs else { return nil }
            return Violation(.changedOutput, task.id, "seen with \(observation.outputs), now with \(outputs)")
        }
    }

    /// Whether there is a path from one state to the other, because clients do not see every step.
    private static func canFollow(_ earlier: Observation, _ later: Observation) -> Bool {
        switch earlier.status {
        case .completed, .cancelled: later.status == earlier.status && later.generation == earlier.generation
        case .failed: later.generation > earlier.generation || (later.status == .failed && later.generation == earlier.generation)
        case .pending, .processing: later.generation >= earlier.generation
        }
    }

    private static func describe(_ observation: Observation) -> String {
        "\(observation.status.rawValue)/g\(observation.generation)/r\(observation.revision) by \(observation.client)"
    }
}
