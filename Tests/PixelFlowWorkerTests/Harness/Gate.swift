/// Holds one task back until it is opened.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)

    func open() { continuation.finish() }

    /// - Throws: `CancellationError` where the waiting task was cancelled meanwhile.
    func wait() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }

    /// Waits on, however often the waiting task is cancelled.
    func waitStubbornly() async {
        await Task { try? await wait() }.value
    }
}
