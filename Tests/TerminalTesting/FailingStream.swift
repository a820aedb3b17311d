package import Terminal

/// Fails from the beginning, like a full disk or a pipe that nobody reads any more.
package struct FailingStream: ConsoleStream {
    private let failure: WriteFailure

    package init(_ failure: WriteFailure) { self.failure = failure }

    package var terminalWidth: Int? { nil }

    package func write(_ text: String) throws(WriteFailure) { throw failure }
}
