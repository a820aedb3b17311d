import Foundation
import PixelFlowCore

/// A wake-up on the wire: its key is the task, its value JSON, and the headers let one `grep` follow the request.
enum WakeUpMessage {
    /// Of the form of messages; readers take what they can of a later one.
    static let version = "1"

    private static let encoder = JSONEncoder()
    private static let decoder = JSONDecoder()

    static func make(_ wakeUp: WakeUp, topic: String) throws -> KafkaMessage {
        KafkaMessage(
            topic: topic, key: Array(wakeUp.task.rawValue.utf8), value: Array(try encoder.encode(wakeUp)),
            headers: [
                ("x-request-id", wakeUp.requestID), ("message-id", "\(wakeUp.task)/\(wakeUp.generation)/\(wakeUp.sequence)"),
                ("version", version),
            ])
    }

    /// Nil for what is none.
    static func read(_ value: UnsafeRawBufferPointer) -> WakeUp? { try? decoder.decode(WakeUp.self, from: Data(value)) }
}
