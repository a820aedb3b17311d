import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

/// The results of the tasks of a trial.
struct ScaleDownReport: Sendable {
    let tasks: [ImageTask]
    /// The number of accepted tasks that no longer exist.
    let lost: Int
    /// The number of outputs that a task lists but that cannot be read.
    let missingOutputs: Int
    let from: Int
    let to: Int
    let uploading: Duration
    let working: Duration

    var isLossless: Bool { lost == 0 && missingOutputs == 0 && failed.isEmpty }

    private var completed: Int { tasks.count { $0.status == .completed } }
    private var failed: [ImageTask] { tasks.filter { $0.status != .completed } }
    private var repeated: Int { tasks.count { $0.attempts > 1 } }

    var document: Document {
        let verdict =
            isLossless
            ? Text("✓", .good) + Text(" nothing was lost")
            : Text("✗", .bad) + Text(" \((failed.count + lost).counted("task")) and \(missingOutputs.counted("output")) lost")
        let causes = Set(failed.compactMap { $0.error?.code }).sorted().joined(separator: ", ")
        let lines = [
            verdict,
            Text("  workers: \(from), then \(to), then \(from) again"),
            Text("  tasks: \(tasks.count + lost) accepted, \(completed) completed, \(repeated) of them begun again by another worker"),
            Text(
                "  time: \(DurationText.exact(rounded(uploading))) to upload, \(DurationText.exact(rounded(working))) until the last had ended"
            ),
        ]
        return Document(
            [.lines(lines + (causes.isEmpty ? [] : [Text("  failed with: \(causes)", .bad)]))], data: json,
            names: failed.map(\.reference))
    }

    private var json: JSONValue {
        [
            "lossless": .bool(isLossless), "accepted": .integer(tasks.count + lost), "completed": .integer(completed),
            "failed": .array(failed.map { .string($0.id) }), "lost": .integer(lost), "missing_outputs": .integer(missingOutputs),
            "begun_again": .integer(repeated), "workers_before": .integer(from), "workers_left": .integer(to),
            "upload_seconds": .number(Double(uploading.milliseconds) / 1_000),
            "work_seconds": .number(Double(working.milliseconds) / 1_000),
        ]
    }

    private func rounded(_ duration: Duration) -> Duration { .milliseconds(duration.milliseconds / 100 * 100) }
}
