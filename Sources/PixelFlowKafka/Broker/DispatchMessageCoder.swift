import Foundation
import PixelFlowCore
import WireFormats

/// Encodes dispatch messages: the key is the task id, the value is JSON, and headers repeat the ids for tools that do not parse JSON.
enum DispatchMessageCoder {
    /// The version of the message format. Readers use the fields of later versions that they understand.
    static let version = "1"

    private static let encoder = JSONStreamEncoder(sortsKeys: false)
    private static let decoder = JSONDecoder()

    static func make(_ message: DispatchMessage, topic: String) throws -> KafkaMessage {
        var headers: [(name: String, value: String)] = [
            ("x-request-id", message.requestID), ("message-id", "\(message.task)/\(message.generation)/\(message.sequence)"),
            ("version", version),
        ]
        // W3C Trace Context for other tools. Workers read it from the value.
        if let trace = message.trace { headers.append(("traceparent", trace.traceparent)) }
        if let state = message.trace?.tracestate { headers.append(("tracestate", state)) }
        return KafkaMessage(
            topic: topic, key: Array(message.task.rawValue.utf8), value: try encoder.encode(message), headers: headers)
    }

    /// Nil if the value is not a dispatch message.
    static func read(_ value: UnsafeRawBufferPointer) -> DispatchMessage? { try? decoder.decode(DispatchMessage.self, from: Data(value)) }
}
