package import Logging
import Synchronization

/// Limits the logging of repeated failures during an outage of a backend: the first failure is logged immediately, then one line
/// every 30 seconds with the number of failures since. A process with many slots would otherwise repeat a line many times a second.
package final class OutageLog: Sendable {
    package static let interval: Duration = .seconds(30)

    private struct Entry {
        var last: ContinuousClock.Instant
        var leftOut = 0
    }

    /// By event. Events are literals in the code, so there are few.
    private let entries = Mutex<[String: Entry]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) { self.now = now }

    package func warning(_ event: String, _ metadata: Logger.Metadata = [:], to logger: Logger) {
        write(.warning, event, metadata, to: logger)
    }

    package func error(_ event: String, _ metadata: Logger.Metadata = [:], to logger: Logger) {
        write(.error, event, metadata, to: logger)
    }

    private func write(_ level: Logger.Level, _ event: String, _ metadata: Logger.Metadata, to logger: Logger) {
        guard let leftOut = admit(event) else { return }
        var metadata = metadata
        if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
        logger.log(level: level, "\(event)", metadata: metadata)
    }

    /// The number of suppressed lines of an event since the last logged one; nil if this line is to be suppressed too.
    package func admit(_ event: String) -> Int? {
        let now = now()
        return entries.withLock { entries in
            guard let entry = entries[event], now - entry.last < Self.interval else {
                let leftOut = entries[event]?.leftOut ?? 0
                entries[event] = Entry(last: now)
                return leftOut
            }
            entries[event]?.leftOut += 1
            return nil
        }
    }
}
