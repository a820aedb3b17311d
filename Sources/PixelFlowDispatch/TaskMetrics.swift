package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
import WireFormats

/// Counts tasks that reach a final status, whether in api, a worker, or the dispatcher.
package struct TaskMetrics: Sendable {
    private struct Outcome: Hashable {
        let status: TaskStatus
        let code: String
    }

    /// The error codes of tasks. All others are counted as `other`, so that the number of labels is bounded.
    private static let knownCodes: Set<String> = [
        // The bytes of the source.
        "not_an_image", "empty_image", "unsupported_format", "truncated_image", "damaged_image", "too_many_pixels", "too_many_frames",
        "source_missing", "image_too_large_in_memory",
        // Fetching the source.
        "url_invalid", "address_blocked", "source_not_found", "source_refused", "too_many_redirects", "source_too_large",
        "source_timeout", "source_unreachable", "source_unavailable", "name_not_resolved",
        // Rendering.
        "render_timeout", "render_crashed", "poison", "outputs_failed", "output_failed", "output_too_large", "max_bytes_unreachable",
        "crop_outside_image", "dimensions_unsupported", "encoding_failed", "watermark_missing", "watermark_unreadable",
        "watermarks_too_large", "outputs_too_large", "output_too_large_in_memory",
        // The worker.
        "worker_lost", "internal_error",
    ]

    private let outcomes: LabelledMetrics<Outcome, Counter>
    private let durations: LabelledMetrics<TaskStatus, Metrics.Timer>

    package init(_ factory: any MetricsFactory = MetricsSystem.factory) {
        outcomes = LabelledMetrics(overflow: Outcome(status: .failed, code: "other")) { outcome in
            Counter(
                label: "tasks_finished_total", dimensions: [("status", outcome.status.rawValue), ("error_code", outcome.code)],
                factory: factory)
        }
        durations = LabelledMetrics { status in
            Metrics.Timer(label: "task_duration_seconds", dimensions: [("status", status.rawValue)], factory: factory)
        }
        // Created at startup, so that the first task of a kind is an increase.
        for status in TaskStatus.allCases where status.isFinal {
            _ = (outcomes[Outcome(status: status, code: status == .failed ? "other" : "")], durations[status])
        }
    }

    /// Counts the task if its status is final.
    package func finished(_ task: TaskRecord) {
        guard task.status.isFinal else { return }
        outcomes[Outcome(status: task.status, code: task.status == .failed ? Self.label(task.error?.code ?? "") : "")].increment()
        // The age of a replayed task is not its duration.
        guard task.generation == 1, let end = task.completedAt else { return }
        durations[task.status].recordMicroseconds(max(0, (end - task.createdAt).microseconds))
    }

    /// An error code as a label.
    package static func label(_ code: String) -> String { knownCodes.contains(code) ? code : "other" }
}
