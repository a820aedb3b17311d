import Logging
import Synchronization

/// Logs undecodable messages, at most once a minute.
final class UndecodableReport: Sendable {
    static let interval = Duration.seconds(60)

    private let logger: Logger
    private let state = Mutex<(last: ContinuousClock.Instant?, count: Int)>((nil, 0))

    init(_ logger: Logger) { self.logger = logger }

    func report(topic: String, partition: Int32, offset: Int64) {
        let now = ContinuousClock.now
        let count: Int? = state.withLock { state in
            state.count += 1
            if let last = state.last, now - last < Self.interval { return nil }
            defer { state = (now, 0) }
            return state.count
        }
        guard let count else { return }
        logger.warning(
            "undecodable kafka messages skipped",
            metadata: ["topic": "\(topic)", "partition": "\(partition)", "offset": "\(offset)", "count": "\(count)"])
    }
}
