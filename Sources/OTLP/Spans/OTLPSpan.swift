import Synchronization
public import Tracing

/// A span of `OTLPTracer`. If its trace is not sampled, it carries its context and records nothing.
public struct OTLPSpan: Span {
    public let context: InstrumentationContext
    private let recorder: SpanRecorder?

    init(context: InstrumentationContext, recorder: SpanRecorder?) {
        self.context = context
        self.recorder = recorder
    }

    public var isRecording: Bool { recorder?.isRecording ?? false }

    public var operationName: String {
        get { recorder?.read { $0.name } ?? "" }
        nonmutating set { recorder?.change { $0.name = SpanLimits.cut(newValue) } }
    }

    public var attributes: SpanAttributes {
        get { recorder?.read { $0.attributes } ?? [:] }
        nonmutating set { recorder?.change { $0.attributes = newValue } }
    }

    /// `ok` is final; only `ok` replaces `error`.
    public func setStatus(_ status: SpanStatus) {
        recorder?.change { span in
            if span.status?.code != .ok { span.status = status }
        }
    }

    public func addEvent(_ event: SpanEvent) {
        recorder?.change { span in
            if span.events.count < SpanLimits.events { span.events.append(event) } else { span.droppedEvents += 1 }
        }
    }

    /// Adds an `exception` event as in the semantic conventions.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        guard isRecording else { return }
        var all = attributes
        all["exception.type"] = String(reflecting: type(of: error))
        all["exception.message"] = String(describing: error)
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: all))
    }

    public func addLink(_ link: SpanLink) {
        guard let context = link.context.spanContext else { return }
        recorder?.change { span in
            if span.links.count < SpanLimits.links {
                span.links.append(FinishedSpan.Link(context: context, attributes: link.attributes))
            } else {
                span.droppedLinks += 1
            }
        }
    }

    /// Ends the span. Later changes and further calls have no effect.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        recorder?.end(at: instant().nanosecondsSinceEpoch)
    }
}

/// The data of a span until it ends.
final class SpanRecorder: Sendable {
    private let span: Mutex<FinishedSpan?>
    private let finish: @Sendable (FinishedSpan) -> Void

    init(_ span: FinishedSpan, finish: @escaping @Sendable (FinishedSpan) -> Void) {
        self.span = Mutex(span)
        self.finish = finish
    }

    var isRecording: Bool { span.withLock { $0 != nil } }

    func read<Value: Sendable>(_ body: (FinishedSpan) -> Value) -> Value? { span.withLock { $0.map(body) } }

    func change(_ body: (inout FinishedSpan) -> Void) {
        span.withLock { span in
            if var changed = span.take() {
                body(&changed)
                span = changed
            }
        }
    }

    func end(at time: UInt64) {
        guard var ended = span.withLock({ $0.take() }) else { return }
        ended.end = max(time, ended.start)
        finish(ended)
    }
}

/// Limits of one span. Anything beyond them is dropped and counted in the span.
enum SpanLimits {
    static let attributes = 128
    static let events = 128
    static let links = 128
    /// Bytes of a name, and of a string attribute; longer ones are truncated.
    static let textBytes = 4096

    /// At most `textBytes` of a text, truncated between characters.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > textBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: textBytes)
        while end.samePosition(in: text) == nil { text.utf8.formIndex(before: &end) }
        return String(text[..<end])
    }
}
