import Foundation
import PixelFlowCore

/// A dispatch message on the wire: its key is the task, its value JSON, and the headers let one `grep` follow the request.
enum DispatchMessageCoder {
    /// The version of the message format; readers use what they understand of a later one.
    static let version = "1"

    private static let encoder = JSONEncoder()
    private static let decoder = JSONDecoder()

    static func make(_ message: DispatchMessage, topic: String) throws -> KafkaMessage {
        var headers: [(name: String, value: String)] = [
            ("x-request-id", message.requestID), ("message-id", "\(message.task)/\(message.generation)/\(message.sequence)"),
            ("version", version),
        ]
        // W3C Trace Context, by which other tools find the trace; workers read it in the message.
        if let trace = message.trace { headers.append(("traceparent", trace.traceparent)) }
        if let state = message.trace?.tracestate { headers.append(("tracestate", state)) }
        return KafkaMessage(
            topic: topic, key: Array(message.task.rawValue.utf8), value: Array(try encoder.encode(message)), headers: headers)
    }

    /// Nil if it is not one.
    static func read(_ value: UnsafeRawBufferPointer) -> DispatchMessage? { try? decoder.decode(DispatchMessage.self, from: Data(value)) }
}
