/// The W3C Trace Context headers that continue a trace elsewhere.
package struct TraceHeaders: Sendable, Hashable, Codable {
    /// Identifies trace and span, and whether they are recorded.
    package var traceparent: String
    /// Data of other tracing vendors.
    package var tracestate: String?

    package init(traceparent: String, tracestate: String? = nil) {
        self.traceparent = traceparent
        self.tracestate = tracestate
    }
}
