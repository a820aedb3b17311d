import PixelFlowCore
import PixelFlowTelemetry
import Tracing

/// The spans of dispatch messages that are published together, each in the trace of the request that created the task.
struct PublishSpans: Sendable {
    /// The messages, which carry the context of these spans.
    private(set) var messages: [DispatchMessage]
    private var spans: [any Span] = []

    init(_ messages: [DispatchMessage]) {
        self.messages = messages
        for (index, message) in messages.enumerated() {
            guard let trace = message.trace else { continue }
            let span = startSpan("publish", context: trace.context, ofKind: .producer)
            if let headers = TraceHeaders(span.context) { self.messages[index].trace = headers }
            guard span.isRecording else { continue }
            span.updateAttributes { attributes in
                attributes["messaging.operation.type"] = "send"
                attributes["messaging.message.id"] = "\(message.task)/\(message.generation)/\(message.sequence)"
                attributes["messaging.batch.message_count"] = messages.count
                attributes["pixelflow.task.id"] = message.task.rawValue
                attributes["pixelflow.lane"] = message.lane.rawValue
            }
            spans.append(span)
        }
    }

    /// - Parameter error: why the messages were not published.
    func end(_ error: (any Error)? = nil) {
        for span in spans {
            if let error {
                span.recordError(error)
                span.setStatus(SpanStatus(code: .error))
            }
            span.end()
        }
    }
}
