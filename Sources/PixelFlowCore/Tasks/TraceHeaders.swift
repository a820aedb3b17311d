/// What continues a trace elsewhere: the headers of W3C Trace Context.
package struct TraceHeaders: Sendable, Hashable, Codable {
    /// Names trace and span, and says whether they are recorded.
    package var traceparent: String
    /// What other vendors have to say of the trace.
    package var tracestate: String?

    package init(traceparent: String, tracestate: String? = nil) {
        self.traceparent = traceparent
        self.tracestate = tracestate
    }
}
