package import Logging
import Synchronization

/// Collects log lines of a service about problems that its routes do not declare; drops other lines.
package final class UndeclaredProblems: Sendable {
    private let found = Mutex<[String]>([])

    package init() {}

    package var all: [String] { found.withLock { $0 } }

    package var logger: Logger { Logger(label: "test") { _ in Handler(problems: self) } }

    private struct Handler: LogHandler {
        let problems: UndeclaredProblems
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.error

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard event.message == "undeclared problem" else { return }
            problems.found.withLock { $0.append("\(event.metadata ?? [:])") }
        }
    }
}
