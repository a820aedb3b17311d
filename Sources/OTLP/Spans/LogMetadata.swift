public import Logging
import Tracing

extension Logger.MetadataProvider {
    /// Adds `trace_id` and `span_id` of the current span to each line that is logged inside of one.
    public static let openTelemetry = Logger.MetadataProvider {
        guard let span = InstrumentationContext.current?.spanContext else { return [:] }
        return ["trace_id": .string(span.traceID.description), "span_id": .string(span.spanID.description)]
    }
}
