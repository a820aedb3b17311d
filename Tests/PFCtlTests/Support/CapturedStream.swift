import PFCtl
import Synchronization
import Terminal

/// Keeps what is written.
final class CapturedStream: ConsoleStream {
    let terminalWidth: Int?
    private let contents = Mutex("")

    /// - Parameter width: Of a terminal; nil for a pipe.
    init(width: Int? = nil) {
        terminalWidth = width
    }

    func write(_ text: String) {
        contents.withLock { $0 += text }
    }

    var text: String { contents.withLock { $0 } }
}

/// What a run of pfctl came to.
struct Outcome: Sendable {
    let status: ExitStatus
    let output: String
    let errors: String
}
