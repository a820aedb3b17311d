import NIOCore

/// A command that waits for its reply.
struct PendingCommand: Sendable {
    let command: RedisCommand
    /// When the command times out.
    let deadline: NIODeadline
    private let continuation: CheckedContinuation<RedisValue, any Error>?

    init(_ command: RedisCommand, until deadline: NIODeadline, _ continuation: CheckedContinuation<RedisValue, any Error>) {
        self.command = command
        self.deadline = deadline
        self.continuation = continuation
    }

    /// A step of the authentication, whose reply the connection itself evaluates.
    init(step command: RedisCommand, until deadline: NIODeadline) {
        self.command = command
        self.deadline = deadline
        continuation = nil
    }

    /// Whether the connection itself has sent the command.
    var isStep: Bool { continuation == nil }

    /// Completes the command. May be called only once.
    func finish(_ value: RedisValue) {
        if case .error(let text) = value {
            continuation?.resume(throwing: RedisError(reply: text))
        } else {
            continuation?.resume(returning: value)
        }
    }

    /// Completes the command. May be called only once.
    func fail(_ error: RedisError) { continuation?.resume(throwing: error) }
}
