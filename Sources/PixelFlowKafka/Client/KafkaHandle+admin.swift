import CRDKafka
import WireFormats

extension KafkaHandle {
    /// Runs an administrative operation and waits for the response. Blocks.
    ///
    /// - Parameters:
    ///   - request: starts the operation with these options, and with this queue for the response.
    ///   - parse: parses the event, which is valid only during the call.
    func administer<Value>(
        _ operation: rd_kafka_admin_op_t, within limit: Duration, request: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
        parse: (OpaquePointer) throws(KafkaError) -> Value
    ) throws(KafkaError) -> Value {
        let queue = rd_kafka_queue_new(pointer)
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(pointer, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, Int32(limit.milliseconds), nil, 0)
        request(options, queue)
        // Normally the timeout of the request itself expires first; this one covers responses that never arrive.
        guard let event = rd_kafka_queue_poll(queue, Int32(limit.milliseconds) + 500) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        defer { rd_kafka_event_destroy(event) }
        if let failure = KafkaError(unlessOK: rd_kafka_event_error(event)) {
            throw KafkaError(
                rd_kafka_resp_err_t(rawValue: failure.code), detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        return try parse(event)
    }

    /// The number of partitions of a topic. Blocks.
    func partitionCount(of topic: String, within limit: Duration) throws(KafkaError) -> Int {
        let count = try describe(topic: topic, within: limit).state.partitions
        guard count > 0 else { throw KafkaError(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) }
        return count
    }
}
