import Metrics
import NIOCore
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowTelemetry
import WireFormats

/// The metrics of a worker.
struct WorkerMetrics: Sendable {
    /// Why a task goes back to PENDING.
    private enum Retry: String, CaseIterable {
        case transient, outage, crash, killed, interrupted
    }

    private struct OutputOutcome: Hashable {
        let format: String
        let status: String
    }

    private let tasks: TaskMetrics
    private let queueLatency: LabelledMetrics<Lane, Metrics.Timer>
    private let retries: LabelledMetrics<Retry, Counter>
    private let discarded: Counter
    private let claimedByPoll: Counter
    private let busy: Meter
    private let sourceBytes: LabelledMetrics<String, Counter>
    private let fetches: LabelledMetrics<String, Metrics.Timer>
    private let renders: LabelledMetrics<String, Metrics.Timer>
    private let outputs: LabelledMetrics<OutputOutcome, Counter>
    private let outputBytes: LabelledMetrics<String, Counter>

    /// - Parameter slots: the maximum number of tasks that the worker processes concurrently.
    init(_ factory: any MetricsFactory, slots: Int) {
        func counters(_ name: String, _ label: String) -> LabelledMetrics<String, Counter> {
            LabelledMetrics(overflow: "other") { Counter(label: name, dimensions: [(label, $0)], factory: factory) }
        }
        func timers(_ name: String, _ label: String) -> LabelledMetrics<String, Metrics.Timer> {
            LabelledMetrics(overflow: "other") { Metrics.Timer(label: name, dimensions: [(label, $0)], factory: factory) }
        }
        tasks = TaskMetrics(factory)
        queueLatency = LabelledMetrics {
            Metrics.Timer(label: "task_queue_latency_seconds", dimensions: [("lane", $0.rawValue)], factory: factory)
        }
        retries = LabelledMetrics { Counter(label: "task_retries_total", dimensions: [("reason", $0.rawValue)], factory: factory) }
        discarded = Counter(label: "task_results_discarded_total", factory: factory)
        claimedByPoll = Counter(label: "tasks_claimed_by_poll_total", factory: factory)
        busy = Meter(label: "worker_slots_busy", factory: factory)
        sourceBytes = counters("source_bytes_total", "source")
        fetches = timers("source_fetch_duration_seconds", "outcome")
        renders = timers("render_duration_seconds", "format")
        outputs = LabelledMetrics(overflow: OutputOutcome(format: "other", status: "other")) { outcome in
            Counter(label: "outputs_total", dimensions: [("format", outcome.format), ("status", outcome.status)], factory: factory)
        }
        outputBytes = counters("output_bytes_total", "format")
        Meter(label: "worker_slots", factory: factory).set(slots)
        // Create all counters at the start, so that the first retry of each reason shows as an increase.
        for reason in Retry.allCases { _ = retries[reason] }
        for lane in Lane.allCases { _ = queueLatency[lane] }
        for source in ["upload", "url"] { _ = sourceBytes[source] }
        _ = (fetches["ok"], renders["jpeg"])
        for format in ImageFormat.allCases {
            _ = (outputs[OutputOutcome(format: format.rawValue, status: "completed")], outputBytes[format.rawValue])
        }
    }

    // MARK: Runs

    /// Measures, by the store's clock, the time from when the task could run until its claim.
    func claimed(_ task: TaskRecord) {
        busy.increment()
        if let start = task.startedAt { queueLatency[task.lane].recordMicroseconds(max(0, (start - task.nextRunAt).microseconds)) }
    }

    func claimedByPoll(_ count: Int) { claimedByPoll.increment(by: count) }

    func slotFreed() { busy.decrement() }

    /// Counts the recorded result of a run.
    func concluded(_ task: TaskRecord, after ending: TaskRun.Ending) {
        tasks.finished(task)
        guard task.status == .pending else { return }
        switch ending {
        case .failed(let failure): retries[Retry(rawValue: failure.retry.rawValue) ?? .transient].increment()
        case .succeeded, .cancelRequested, .lost, .interrupted: retries[.interrupted].increment()
        }
    }

    func discardedResult() { discarded.increment() }

    // MARK: Production

    func read(_ bytes: Int, of source: TaskSource) {
        switch source {
        case .upload: sourceBytes["upload"].increment(by: bytes)
        case .url: sourceBytes["url"].increment(by: bytes)
        }
    }

    /// - Parameter code: the code of the error; nil on success.
    func fetched(in duration: Duration, failure code: String?) {
        fetches[code.map(TaskMetrics.label) ?? "ok"].recordMicroseconds(duration.microseconds)
    }

    func rendered(_ report: RenderReport, _ made: [TaskOutput], _ pipeline: Pipeline) {
        renders[report.source.format].recordMicroseconds(report.duration.microseconds)
        for (output, spec) in zip(made, pipeline.outputs) {
            if let image = output.image {
                outputs[OutputOutcome(format: image.format.rawValue, status: "completed")].increment()
                outputBytes[image.format.rawValue].increment(by: image.bytes)
            } else {
                outputs[OutputOutcome(format: Self.label(spec.format), status: "failed")].increment()
            }
        }
    }

    private static func label(_ format: OutputFormat) -> String {
        switch format {
        case .auto: "auto"
        case .fixed(let format): format.rawValue
        }
    }
}
