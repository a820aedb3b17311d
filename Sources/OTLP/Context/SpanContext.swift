public import Tracing

/// What another process needs to continue the trace of a span.
public struct SpanContext: Sendable, Hashable {
    public let traceID: TraceID
    public let spanID: SpanID
    /// Whether the spans of this trace are recorded.
    public let isSampled: Bool
    /// The `tracestate` of other vendors, propagated unchanged; nil if there is none.
    public let traceState: String?
    /// Whether it came from another process.
    public let isRemote: Bool

    public init(traceID: TraceID, spanID: SpanID, isSampled: Bool, traceState: String? = nil, isRemote: Bool = false) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.traceState = traceState
        self.isRemote = isRemote
    }
}

private enum SpanContextKey: InstrumentationContextKey {
    typealias Value = SpanContext
}

private enum LinkedTraceKey: InstrumentationContextKey {
    typealias Value = Bool
}

extension InstrumentationContext {
    /// The parent of new spans.
    public var spanContext: SpanContext? {
        get { self[SpanContextKey.self] }
        set { self[SpanContextKey.self] = newValue }
    }

    /// Whether the next span starts a trace of its own, linked to `spanContext` and sampled like it.
    public var startsLinkedTrace: Bool {
        get { self[LinkedTraceKey.self] ?? false }
        set { self[LinkedTraceKey.self] = newValue ? true : nil }
    }
}
