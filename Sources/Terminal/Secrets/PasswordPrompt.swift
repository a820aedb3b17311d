import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads a password, and the code that some accounts additionally need, from stdin: without echo on a terminal, one line each from a pipe.
package enum PasswordPrompt {
    /// - Parameter variable: the environment variable that takes precedence.
    /// - Throws: `CommandError` if there is no password.
    package static func read(for email: String, variable: String, environment: [String: String], status: StatusLine) async throws -> String
    {
        try await read("password", prompt: "Password of \(email):", variable, environment, status)
    }

    /// Reads a code from an authenticator app, or a recovery code.
    ///
    /// - Throws: `CommandError` if there is no code.
    package static func readCode(
        for email: String, variable: String, environment: [String: String], status: StatusLine
    ) async throws -> String {
        try await read("code of the second factor", prompt: "Code of the authenticator app of \(email):", variable, environment, status)
    }

    private static func read(
        _ noun: String, prompt: String, _ variable: String, _ environment: [String: String], _ status: StatusLine
    ) async throws -> String {
        if let value = environment[variable], !value.isEmpty { return value }
        if isatty(0) == 1 { status.print(Text(prompt)) }
        // Typing may take any amount of time, which must not block a shared thread.
        let line = try await UnseenInput().line()
        guard let line, !line.isEmpty else {
            throw CommandError(.usage, "no \(noun) was given", hint: "type it, pipe it to stdin, or set \(variable)")
        }
        return line
    }
}

/// One line of stdin, typed without echo. A cancelled reader turns the echo on again and does not wait for the line, which may never come.
private final class UnseenInput: Sendable {
    private struct State {
        var waiter: CheckedContinuation<String?, any Error>?
        var isOver = false
        /// The settings of the terminal before the echo was turned off.
        var before: termios?
    }

    private let state = Mutex(State())

    func line() async throws -> String? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                // Cancelled before it has begun.
                guard
                    state.withLock({
                        if !$0.isOver { $0.waiter = waiter }; return !$0.isOver
                    })
                else {
                    return waiter.resume(throwing: CancellationError())
                }
                NIOThreadPool.singleton.submit { [self] _ in
                    turnEchoOff()
                    finish(.success(readLine()))
                }
            }
        } onCancel: {
            finish(.failure(CancellationError()))
        }
    }

    private func turnEchoOff() {
        state.withLock { state in
            var before = termios()
            guard !state.isOver, tcgetattr(0, &before) == 0 else { return }
            state.before = before
            before.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(0, TCSAFLUSH, &before)
        }
    }

    /// The first result counts.
    private func finish(_ result: Result<String?, any Error>) {
        let waiter = state.withLock { state in
            state.isOver = true
            if var before = state.before.take() { tcsetattr(0, TCSAFLUSH, &before) }
            return state.waiter.take()
        }
        waiter?.resume(with: result)
    }
}
