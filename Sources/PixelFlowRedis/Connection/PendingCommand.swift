import NIOCore

/// A command whose reply someone waits for.
struct PendingCommand: Sendable {
    let command: RedisCommand
    /// When waiting ends.
    let deadline: NIODeadline
    private let continuation: CheckedContinuation<RedisValue, any Error>?

    init(_ command: RedisCommand, until deadline: NIODeadline, _ continuation: CheckedContinuation<RedisValue, any Error>) {
        self.command = command
        self.deadline = deadline
        self.continuation = continuation
    }

    /// A step of signing in, whose reply the connection itself looks at.
    init(step command: RedisCommand, until deadline: NIODeadline) {
        self.command = command
        self.deadline = deadline
        continuation = nil
    }

    /// Whether the connection sent it by itself.
    var isStep: Bool { continuation == nil }

    /// Ends the wait, once.
    func finish(_ value: RedisValue) {
        if case .error(let text) = value {
            continuation?.resume(throwing: RedisError(reply: text))
        } else {
            continuation?.resume(returning: value)
        }
    }

    /// Ends the wait, once.
    func fail(_ error: RedisError) { continuation?.resume(throwing: error) }
}
