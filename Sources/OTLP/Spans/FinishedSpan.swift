import Tracing

/// A span that has ended but has not been exported.
struct FinishedSpan: Sendable {
    struct Link: Sendable {
        let context: SpanContext
        let attributes: SpanAttributes
    }

    let context: SpanContext
    let parent: SpanContext?
    let kind: SpanKind
    var name: String
    /// Nanoseconds since 1970.
    let start: UInt64
    var end: UInt64
    var attributes: SpanAttributes = [:]
    var events: [SpanEvent] = []
    var droppedEvents = 0
    var links: [Link] = []
    var droppedLinks = 0
    var status: SpanStatus?
}
