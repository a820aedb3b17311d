import Deadlines

/// Holds one task back until it is opened.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)

    func open() { continuation.finish() }

    /// - Throws: `CancellationError` where the waiting task was cancelled meanwhile, `DeadlineExceeded` where nobody opens.
    func pass() async throws {
        try await stream.end(within: .seconds(60), "the gate to be opened")
        try Task.checkCancellation()
    }

    /// Waits on, however often the waiting task is cancelled.
    ///
    /// - Throws: `DeadlineExceeded` where nobody opens.
    func passStubbornly() async throws {
        let passing = Task { try await pass() }
        // bounded: by the deadline of `pass`.
        try await passing.value
    }

    /// Goes on until the task is cancelled.
    static func waitForCancellation() async throws {
        try await Gate().pass()
    }
}
