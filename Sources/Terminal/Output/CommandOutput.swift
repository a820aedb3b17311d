import Synchronization

/// The standard output of a command, which is over after the first write that fails: nothing more is written, and the command is told.
final class CommandOutput: Sendable {
    private struct State {
        var failure: WriteFailure?
        var onFailure: (@Sendable () -> Void)?
    }

    private let stream: any ConsoleStream
    private let state = Mutex(State())

    init(_ stream: any ConsoleStream) { self.stream = stream }

    var terminalWidth: Int? { stream.terminalWidth }
    var isTerminal: Bool { stream.isTerminal }

    /// The first failure; nil if everything has been written.
    var failure: WriteFailure? { state.withLock(\.failure) }

    func write(_ text: String) {
        guard failure == nil else { return }
        do {
            try stream.write(text)
        } catch {
            let action = state.withLock { state in
                state.failure = state.failure ?? error
                return state.onFailure.take()
            }
            action?()
        }
    }

    /// Runs an action as soon as a write has failed, even if that was before.
    func onFailure(_ action: @escaping @Sendable () -> Void) {
        let isTooLate = state.withLock { state in
            if state.failure == nil { state.onFailure = action }
            return state.failure != nil
        }
        if isTooLate { action() }
    }
}
