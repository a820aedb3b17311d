package import PixelFlowCore
package import Tracing

extension TraceHeaders {
    /// The headers that continue the trace of the current span; nil outside of a span, and if tracing is off.
    package static var current: TraceHeaders? { InstrumentationContext.current.flatMap { TraceHeaders($0) } }

    /// Nil if the context is not in a trace.
    package init?(_ context: InstrumentationContext) {
        var headers: [String: String] = [:]
        InstrumentationSystem.instrument.inject(context, into: &headers, using: HeaderInjector())
        guard let traceparent = headers["traceparent"] else { return nil }
        self.init(traceparent: traceparent, tracestate: headers["tracestate"])
    }

    /// A context in which new spans are children of the span in these headers.
    package var context: InstrumentationContext {
        var context = InstrumentationContext.topLevel
        var headers = ["traceparent": traceparent]
        headers["tracestate"] = tracestate
        InstrumentationSystem.instrument.extract(headers, into: &context, using: HeaderExtractor())
        return context
    }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}

private struct HeaderExtractor: Extractor {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}
