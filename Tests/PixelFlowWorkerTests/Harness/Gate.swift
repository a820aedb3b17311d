import Deadlines

/// Holds one task until it is opened.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)

    func open() { continuation.finish() }

    /// - Throws: `CancellationError` if the waiting task was cancelled, `DeadlineExceeded` if the gate is not opened in time.
    func pass() async throws {
        try await stream.end(within: .seconds(60), "the gate to be opened")
        try Task.checkCancellation()
    }

    /// Keeps waiting even if the waiting task is cancelled.
    ///
    /// - Throws: `DeadlineExceeded` if the gate is not opened in time.
    func passStubbornly() async throws {
        let passing = Task { try await pass() }
        // bounded: by the deadline of `pass`.
        try await passing.value
    }

    /// Waits until the task is cancelled.
    static func waitForCancellation() async throws {
        try await Gate().pass()
    }
}
