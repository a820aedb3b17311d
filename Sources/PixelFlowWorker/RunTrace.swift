import NIOCore
import OTLP
import PixelFlowCore
import PixelFlowTelemetry
import Synchronization
import Tracing
import WireFormats

/// The span of a run, with its attributes and links.
///
/// The first run of a task belongs to the trace of the request that created it. Each further run has a trace of its own, linked to that
/// one: it may start minutes later, and a trace must end some time.
struct RunTrace: Sendable {
    private let span: any Span

    /// Starts the span of a successful claim.
    ///
    /// - Parameters:
    ///   - message: the dispatch message that led to the claim; nil if the worker polled the task from the store.
    ///   - start: the start of the claim.
    init(_ task: TaskRecord, message: DispatchMessage? = nil, claimedSince start: DefaultTracerClock.Timestamp) {
        let now = DefaultTracerClock.now
        let origin = message?.trace ?? task.trace
        var context = origin?.context ?? .topLevel
        let isFirst = task.epoch <= 1
        context.startsLinkedTrace = !isFirst
        span = startSpan("process task", context: context, ofKind: .consumer, at: start)
        guard span.isRecording else { return }
        context.startsLinkedTrace = false
        if isFirst, origin != nil { Self.queueWait(of: task, until: start, in: context) }
        startSpan("claim", context: span.context, at: start).end(at: now)
        span.updateAttributes { attributes in
            attributes["messaging.operation.type"] = "process"
            attributes["pixelflow.task.id"] = task.id.rawValue
            attributes["pixelflow.request_id"] = task.requestID
            attributes["pixelflow.task.generation"] = task.generation
            attributes["pixelflow.task.epoch"] = task.epoch
            attributes["pixelflow.task.attempts"] = task.attempts
            attributes["pixelflow.lane"] = task.lane.rawValue
        }
    }

    /// Starts at the creation of the task, by the clock of the api.
    private static func queueWait(of task: TaskRecord, until claim: DefaultTracerClock.Timestamp, in context: InstrumentationContext) {
        let created = UInt64(clamping: task.createdAt.microseconds) &* 1000
        let start = DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: min(created, claim.nanosecondsSinceEpoch))
        startSpan("queue wait", context: context, at: start).end(at: claim)
    }

    /// Runs `body` within the span and then ends the span.
    func during(_ body: () async -> Void) async {
        defer { span.end() }
        await InstrumentationContext.$current.withValue(span.context) { await body() }
    }

    func failed(_ error: PixelFlowError) {
        span.recordError(error, attributes: ["error.type": .string(error.code)])
        span.setStatus(SpanStatus(code: .error, message: error.code))
    }

    /// - Parameter task: the task after the run.
    func ended(_ task: TaskRecord) {
        guard span.isRecording else { return }
        span.attributes["pixelflow.task.status"] = task.status.rawValue
        if task.status == .failed { span.setStatus(SpanStatus(code: .error, message: task.error?.code)) }
    }
}

/// Spans of the render process, which has no network to export its own. Created from the times that it reports.
struct RenderTrace: Sendable {
    private let context: InstrumentationContext
    private let isRecording: Bool
    private let first = FirstOutput()

    /// - Parameter span: the span of the whole job.
    init(_ span: any Span) {
        context = span.context
        isRecording = span.isRecording
    }

    /// Records the time of an output.
    func rendered(_ output: RenderedOutput) {
        guard isRecording else { return }
        let end = Self.time(of: output.receivedAt)
        let start = Self.time(of: output.receivedAt - output.duration)
        first.set(start)
        let span = startSpan("render output", context: context, at: start)
        span.attributes["pixelflow.output"] = output.name
        switch output.result {
        case .success(let image):
            span.attributes["pixelflow.output.format"] = image.format.rawValue
            span.attributes["pixelflow.output.bytes"] = image.bytes.readableBytes
        case .failure(let error):
            span.setStatus(SpanStatus(code: .error, message: error.code))
        }
        span.end(at: end)
    }

    /// Records the time spent on the source before the first output.
    func decoded(_ report: RenderReport) {
        guard isRecording, let end = first.value else { return }
        let nanoseconds = UInt64(clamping: report.decoding.nanoseconds)
        let start = DefaultTracerClock.Timestamp(
            nanosecondsSinceEpoch: end.nanosecondsSinceEpoch - min(end.nanosecondsSinceEpoch, nanoseconds))
        let span = startSpan("decode", context: context, at: start)
        span.updateAttributes { attributes in
            attributes["pixelflow.source.format"] = report.source.format
            attributes["pixelflow.source.width"] = report.source.width
            attributes["pixelflow.source.height"] = report.source.height
        }
        span.end(at: end)
    }

    private static func time(of instant: ContinuousClock.Instant) -> DefaultTracerClock.Timestamp {
        let now = DefaultTracerClock.now.nanosecondsSinceEpoch
        return DefaultTracerClock.Timestamp(
            nanosecondsSinceEpoch: now - min(now, UInt64(clamping: (ContinuousClock.now - instant).nanoseconds)))
    }
}

/// The start of the first output.
private final class FirstOutput: Sendable {
    private let time = Mutex<DefaultTracerClock.Timestamp?>(nil)

    var value: DefaultTracerClock.Timestamp? { time.withLock { $0 } }

    func set(_ start: DefaultTracerClock.Timestamp) {
        time.withLock { time in
            if time == nil { time = start }
        }
    }
}
