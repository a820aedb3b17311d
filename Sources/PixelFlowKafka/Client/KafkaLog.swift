import Logging
import PixelFlowTelemetry

/// Forwards messages of librdkafka to the log, each kind at most once in 30 s.
final class KafkaLog: Sendable {
    private let logger: Logger
    private let outages = OutageLog()

    /// - Parameter client: identifies one of the process's clients.
    init(_ logger: Logger, client: String) {
        var logger = logger
        logger[metadataKey: "kafka_client"] = "\(client)"
        self.logger = logger
    }

    /// - Parameter level: a syslog level.
    func write(level: Int32, facility: String, _ text: String) {
        write(level <= 3 ? .warning : level <= 5 ? .notice : level == 6 ? .info : .debug, facility, text)
    }

    func failure(_ failure: KafkaError) { write(.warning, "ERROR \(failure.code)", "\(failure)") }

    private func write(_ level: Logger.Level, _ kind: String, _ text: String) {
        guard level >= logger.logLevel, let left = outages.admit(kind) else { return }
        var metadata: Logger.Metadata = ["kind": "\(kind)"]
        if left > 0 { metadata["left_out"] = "\(left)" }
        logger.log(level: level, "kafka: \(text)", metadata: metadata)
    }
}
