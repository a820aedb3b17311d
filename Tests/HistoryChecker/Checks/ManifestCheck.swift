import PixelFlowCore

/// Exactly one manifest for each completed task, created by the run that completed it, and served unchanged.
enum ManifestCheck {
    @Sendable static func violations(in history: History) -> [Violation] {
        history.tasks.flatMap { count($0) + origin($0) } + bytes(history)
    }

    private static func count(_ task: TaskRecord) -> [Violation] {
        let completions = Dictionary(grouping: task.history.filter { $0.status == .completed }, by: \.generation)
        var found = completions.filter { $0.value.count > 1 }.map {
            Violation(.manifestCount, task.id, "generation \($0.key) completed \($0.value.count) times")
        }
        if task.status == .completed, completions[task.generation] == nil {
            found.append(Violation(.manifestCount, task.id, "COMPLETED without a completion"))
        }
        if task.status == .completed, task.outputs.allSatisfy({ $0.image == nil }) {
            found.append(Violation(.manifestCount, task.id, "COMPLETED without an output"))
        }
        return found
    }

    /// Object keys contain the run that stored them, and thus whose result is shown.
    private static func origin(_ task: TaskRecord) -> [Violation] {
        guard task.status == .completed else { return [] }
        let keys = task.outputs.compactMap { output in output.image.map { ($0.key, BlobKey.output(output.name, of: task)) } }
        return keys.filter { $0.0 != $0.1 }.map {
            Violation(.foreignManifest, task.id, "names \($0.0), but the run that completed it stored \($0.1)")
        }
    }

    private static func bytes(_ history: History) -> [Violation] {
        let tasks = history.tasksByID
        return history.downloads.compactMap { download in
            let expected = tasks[download.task]?.outputs.first { $0.name == download.output }?.image?.sha256
            guard expected != download.sha256 || expected == nil else { return nil }
            return Violation(
                .wrongBytes, download.task, "\(download.output): got \(download.sha256 ?? "nothing"), expected \(expected ?? "nothing")")
        }
    }
}
