import CRDKafka
import Foundation
import Logging
import PixelFlowCore
import WireFormats

/// A client instance of librdkafka.
///
/// `@unchecked Sendable`: `rd_kafka_t` may be used from any thread, and the pointer never changes.
final class KafkaHandle: @unchecked Sendable {
    enum Role {
        case producer, consumer
    }

    let pointer: OpaquePointer
    private let callbacks: Unmanaged<KafkaCallbacks>

    /// Starts the instance, which connects in the background.
    ///
    /// - Throws: `setting_invalid` if a property is invalid.
    init(_ role: Role, _ properties: KafkaProperties, callbacks: KafkaCallbacks) throws(PixelFlowError) {
        guard let configuration = rd_kafka_conf_new() else { throw .unavailable("broker") }
        var text = [CChar](repeating: 0, count: 512)
        // In alphabetical order, so that the same one of several invalid properties is always reported.
        for (name, value) in properties.values.sorted(by: { $0.key < $1.key }) {
            guard rd_kafka_conf_set(configuration, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(configuration)
                throw Self.invalid("the Kafka property \(name) is not valid.")
            }
        }
        let opaque = Unmanaged.passRetained(callbacks)
        callbacks.install(on: configuration, opaque: opaque.toOpaque(), for: role)
        let type = role == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        guard let pointer = rd_kafka_new(type, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            opaque.release()
            // The text may contain file names and hosts, but never a password.
            let reason = text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            throw Self.invalid("the Kafka configuration is not valid: \(reason)")
        }
        self.pointer = pointer
        self.callbacks = opaque
    }

    /// Runs due callbacks, waiting up to `limit` for one. Blocks.
    func serve(atMost limit: Duration) { rd_kafka_poll(pointer, Int32(limit.milliseconds)) }

    deinit {
        // Destroying waits for the instance's own threads, which must not block anything else.
        nonisolated(unsafe) let pointer = pointer
        let callbacks = callbacks
        Thread.detachNewThread {
            rd_kafka_destroy(pointer)
            callbacks.release()
        }
    }

    private static func invalid(_ reason: String) -> PixelFlowError {
        let name = KafkaSettings.brokerSetting.description.name
        return .invalid(name, "\(name): \(reason)", code: "setting_invalid")
    }
}
