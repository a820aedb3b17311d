import CRDKafka

/// An error code of librdkafka or of a broker.
struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
    let code: rd_kafka_resp_err_t.RawValue
    /// Details in addition to the code; contains no secrets.
    let detail: String?

    init(_ code: rd_kafka_resp_err_t, detail: String? = nil) {
        self.code = code.rawValue
        self.detail = detail
    }

    /// Nil for success.
    init?(unlessOK code: rd_kafka_resp_err_t) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        self.init(code)
    }

    /// Nil if there is no error. Takes ownership of the error.
    init?(consuming error: OpaquePointer?) {
        guard let error else { return nil }
        self.init(rd_kafka_error_code(error), detail: String(cString: rd_kafka_error_string(error)))
        rd_kafka_error_destroy(error)
    }

    func `is`(_ codes: rd_kafka_resp_err_t...) -> Bool { codes.contains { $0.rawValue == code } }

    /// Whether one of PixelFlow's topics or partitions does not exist.
    var isUnknownTopic: Bool {
        self.is(
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    }

    /// Whether the cluster does not support the request or denies it to this client.
    var isRefusal: Bool {
        self.is(
            RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    }

    var description: String {
        let name = String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: code)))
        let text = detail ?? String(cString: rd_kafka_err2str(rd_kafka_resp_err_t(rawValue: code)))
        return "\(name): \(text)"
    }
}
