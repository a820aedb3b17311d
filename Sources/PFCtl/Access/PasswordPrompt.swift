import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads a password from stdin: unseen on a terminal, the first line of a pipe.
enum PasswordPrompt {
    static let variable = "PFCTL_PASSWORD"

    static func read(for email: String, in session: Session) async throws -> String {
        if let password = session.environment[variable], !password.isEmpty { return password }
        if isatty(0) == 1 { session.status.print(Text("Password of \(email):")) }
        // Whoever types may take as long as they like: that is no work for a thread that others share.
        let line = try await NIOThreadPool.singleton.runIfActive { readUnseen() }
        guard let line, !line.isEmpty else {
            throw CommandFailure(.usage, "there is no password", hint: "type it, pipe it in, or set \(variable)")
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
