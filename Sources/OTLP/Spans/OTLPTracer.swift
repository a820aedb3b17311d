public import Logging
public import Tracing

/// A tracer for swift-distributed-tracing that exports spans by OTLP and propagates W3C Trace Context headers.
public final class OTLPTracer: Tracer {
    private let sampler: Sampler
    private let mayBegin: @Sendable (SpanKind) -> Bool
    private let queue: SpanQueue

    init(sampler: Sampler, queue: SpanQueue, mayBegin: @escaping @Sendable (SpanKind) -> Bool) {
        self.sampler = sampler
        self.queue = queue
        self.mayBegin = mayBegin
    }

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        var context = context()
        let origin = context.spanContext
        // Internal spans of an unsampled trace need no ids of their own: logs use the ids of the enclosing span.
        if kind == .internal, sampler.isParentBased, let origin, !origin.isSampled, !context.startsLinkedTrace {
            return OTLPSpan(context: context, recorder: nil)
        }
        let isLinked = context.startsLinkedTrace && origin != nil
        let parent = isLinked ? nil : origin
        let traceID = parent?.traceID ?? TraceID()
        let isSampled = isLinked ? origin?.isSampled == true : samples(traceID, parent: parent, kind)
        let own = SpanContext(traceID: traceID, spanID: SpanID(), isSampled: isSampled, traceState: parent?.traceState)
        context.startsLinkedTrace = false
        context.spanContext = own
        guard isSampled else { return OTLPSpan(context: context, recorder: nil) }
        let start = instant().nanosecondsSinceEpoch
        var span = FinishedSpan(context: own, parent: parent, kind: kind, name: SpanLimits.cut(operationName), start: start, end: start)
        if isLinked, let origin { span.links = [FinishedSpan.Link(context: origin, attributes: [:])] }
        return OTLPSpan(context: context, recorder: SpanRecorder(span, finish: queue.add))
    }

    private func samples(_ trace: TraceID, parent: SpanContext?, _ kind: SpanKind) -> Bool {
        (parent != nil || mayBegin(kind)) && sampler.samples(trace, parent: parent)
    }

    /// Only wakes the exporter; it exports in the background. See `OTLPTracing.shutdown`.
    public func forceFlush() { queue.wake() }

    public func extract<Carrier, Extract>(_ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract)
    where Extract: Extractor, Extract.Carrier == Carrier {
        guard let text = extractor.extract(key: TraceParent.header, from: carrier),
            let parent = TraceParent.read(text, state: extractor.extract(key: TraceParent.stateHeader, from: carrier))
        else { return }
        context.spanContext = parent
    }

    public func inject<Carrier, Inject>(_ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject)
    where Inject: Injector, Inject.Carrier == Carrier {
        guard let span = context.spanContext else { return }
        injector.inject(TraceParent.text(of: span), forKey: TraceParent.header, into: &carrier)
        if let state = span.traceState { injector.inject(state, forKey: TraceParent.stateHeader, into: &carrier) }
    }
}

extension Logger.MetadataProvider {
    /// Adds `trace_id` and `span_id` of the current span to each log line.
    public static let openTelemetry = Logger.MetadataProvider {
        guard let span = InstrumentationContext.current?.spanContext else { return [:] }
        return ["trace_id": .string(span.traceID.description), "span_id": .string(span.spanID.description)]
    }
}
