import CRDKafka
import Logging

/// The callbacks of librdkafka, called on its own threads or on the polling thread.
///
/// The instance retains them, so they must not retain the instance.
final class KafkaCallbacks: Sendable {
    typealias Rebalance = @Sendable (rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Void

    let log: KafkaLog
    let statistics: @Sendable (String) -> Void
    let rebalance: Rebalance?
    private let pacing = FetchPacing(wait: KafkaProperties.fetchWait)

    init(
        log: KafkaLog, statistics: @escaping @Sendable (String) -> Void = { _ in }, rebalance: Rebalance? = nil
    ) {
        self.log = log
        self.statistics = statistics
        self.rebalance = rebalance
    }

    func install(on configuration: OpaquePointer, opaque: UnsafeMutableRawPointer, for role: KafkaHandle.Role) {
        rd_kafka_conf_set_opaque(configuration, opaque)
        rd_kafka_conf_set_log_cb(configuration) { client, level, facility, text in
            guard let client, let facility, let text, let callbacks = KafkaCallbacks.of(rd_kafka_opaque(client)) else { return }
            callbacks.log.write(level: level, facility: String(cString: facility), String(cString: text))
        }
        rd_kafka_conf_set_error_cb(configuration) { client, code, reason, opaque in
            guard let callbacks = KafkaCallbacks.of(opaque) else { return }
            callbacks.log.failure(KafkaError(rd_kafka_resp_err_t(rawValue: code), detail: reason.map { String(cString: $0) }))
        }
        rd_kafka_conf_set_stats_cb(configuration) { _, text, length, opaque in
            guard let callbacks = KafkaCallbacks.of(opaque), let text else { return 0 }
            callbacks.statistics(String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self))
            return 0
        }
        if role == .producer {
            rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, _ in
                guard let message else { return }
                DeliveryReceipt.take(message.pointee._private)?.report(KafkaError(unlessOK: message.pointee.err))
            }
        }
        if role == .consumer { pacing.install(on: configuration) }
        if rebalance != nil {
            rd_kafka_conf_set_rebalance_cb(configuration) { _, code, partitions, opaque in
                guard let callbacks = KafkaCallbacks.of(opaque), let partitions else { return }
                callbacks.rebalance?(code, partitions)
            }
        }
    }

    private static func of(_ opaque: UnsafeMutableRawPointer?) -> KafkaCallbacks? {
        opaque.map { Unmanaged<KafkaCallbacks>.fromOpaque($0).takeUnretainedValue() }
    }
}
