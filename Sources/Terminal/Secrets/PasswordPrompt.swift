import NIOPosix

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
        let line = try await NIOThreadPool.singleton.runIfActive { readUnseen() }
        guard let line, !line.isEmpty else {
            throw CommandError(.usage, "no \(noun) was given", hint: "type it, pipe it to stdin, or set \(variable)")
        }
        return line
    }

    private static func readUnseen() -> String? {
        var before = termios()
        guard tcgetattr(0, &before) == 0 else { return readLine() }
        var quiet = before
        quiet.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &quiet)
        defer { tcsetattr(0, TCSAFLUSH, &before) }
        return readLine()
    }
}
