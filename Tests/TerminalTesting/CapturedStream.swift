import Synchronization
package import Terminal

/// Records what is written.
package final class CapturedStream: ConsoleStream {
    package let terminalWidth: Int?
    private let contents = Mutex("")

    /// - Parameter width: of a terminal; nil for a pipe.
    package init(width: Int? = nil) {
        terminalWidth = width
    }

    package func write(_ text: String) {
        contents.withLock { $0 += text }
    }

    package var text: String { contents.withLock { $0 } }
}

/// The result of a run of a command line.
package struct Outcome: Sendable {
    package let status: ExitStatus
    package var output: String
    package let errors: String

    package init(status: ExitStatus, output: String, errors: String) {
        self.status = status
        self.output = output
        self.errors = errors
    }
}
