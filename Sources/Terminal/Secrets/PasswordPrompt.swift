import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads a password from stdin: unseen on a terminal, the first line of a pipe.
package enum PasswordPrompt {
    /// - Parameter variable: of the environment, which is asked first.
    /// - Throws: `CommandError` if there is none.
    package static func read(for email: String, variable: String, environment: [String: String], status: StatusLine) async throws -> String
    {
        if let password = environment[variable], !password.isEmpty { return password }
        if isatty(0) == 1 { status.print(Text("Password of \(email):")) }
        // Typing may take any time, which must not block a shared thread.
        let line = try await NIOThreadPool.singleton.runIfActive { readUnseen() }
        guard let line, !line.isEmpty else {
            throw CommandError(.usage, "no password was given", hint: "type it, pipe it to stdin, or set \(variable)")
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
