import Logging
import Synchronization

/// Carries what librdkafka says to the log, each kind of line at most once in 10 s.
final class KafkaLog: Sendable {
    static let interval = Duration.seconds(10)

    private let logger: Logger
    private let written = Mutex<[String: (at: ContinuousClock.Instant, left: Int)]>([:])

    /// - Parameter client: which of the process's clients it is.
    init(_ logger: Logger, client: String) {
        var logger = logger
        logger[metadataKey: "kafka_client"] = "\(client)"
        self.logger = logger
    }

    /// - Parameter level: of syslog.
    func write(level: Int32, facility: String, _ text: String) {
        write(level <= 3 ? .warning : level <= 5 ? .notice : level == 6 ? .info : .debug, facility, text)
    }

    func failure(_ failure: KafkaFailure) { write(.warning, "ERROR \(failure.code)", "\(failure)") }

    private func write(_ level: Logger.Level, _ kind: String, _ text: String) {
        guard level >= logger.logLevel, let left = admit(kind) else { return }
        var metadata: Logger.Metadata = ["kind": "\(kind)"]
        if left > 0 { metadata["left_out"] = "\(left)" }
        logger.log(level: level, "kafka: \(text)", metadata: metadata)
    }

    /// How many of this kind have been left out since the last one; nil if this one is, too.
    func admit(_ kind: String) -> Int? {
        let now = ContinuousClock.now
        return written.withLock { written in
            guard let last = written[kind], now - last.at < Self.interval else {
                let left = written[kind]?.left ?? 0
                written[kind] = (now, 0)
                return left
            }
            written[kind] = (last.at, last.left + 1)
            return nil
        }
    }
}
