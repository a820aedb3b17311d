import ArgumentParser
import KubernetesClient
import NIOHTTP1
import NIOPosix
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

struct LoginCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Logs in to PixelFlow for the commands that manage tasks.",
        discussion: """
            The token is kept for this context and namespace in $XDG_CONFIG_HOME/pfctl, readable by you only. The password \
            comes from PFCTL_PASSWORD or stdin, never from the command line.

            Examples:
              pfctl login --email ada@example.com
              pass show pixelflow | pfctl login --email ada@example.com
            """)

    @Option(help: ArgumentHelp("The email address of the account.", valueName: "address"))
    var email: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let store = try TokenStore(environment: session.environment)
        let key = TokenStore.key(try session.configuration())
        var data: JSONValue = ["email": .string(email), "installation": .string(key), "dry_run": .string(change.dryRun.rawValue)]
        var time = ""
        if !change.isClientOnly {
            let password = try await PasswordPrompt.read(for: email, in: session)
            let entry = try await logIn(password, session)
            if change.dryRun == .none { try store.set(entry, for: key) }
            data["expires_at"] = .string(entry.expires.text)
            time = " for \(DurationText.age(session.now.age(at: entry.expires)))"
        }
        session.print(.message(Text("logged in as \(email) to \(key)\(time)\(change.suffix)"), data: data, names: ["login/\(email)"]))
        return .ok
    }

    private func logIn(_ password: String, _ session: Session) async throws -> TokenStore.Entry {
        let answer = try await ForwardedService.using(.auth, in: session, token: nil) { auth in
            try await auth.send(
                .POST, "/login", body: ["email": .string(email), "password": .string(password)], timeout: session.global.requestTimeout)
        }
        guard let token = answer["token"]?.stringValue, let seconds = answer["expires_in"]?.doubleValue else {
            throw CommandError(.failed, "auth returned no token")
        }
        return TokenStore.Entry(token: token, email: email, expires: session.now.advanced(by: .seconds(seconds)))
    }
}

struct LogoutCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Deletes the stored token of this installation.",
        discussion: """
            Examples:
              pfctl logout
            """)

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let store = try TokenStore(environment: session.environment)
        let key = TokenStore.key(try session.configuration())
        let entry = store.entries()[key]
        if entry != nil, change.dryRun == .none { try store.set(nil, for: key) }
        let data: JSONValue = [
            "installation": .string(key), "was_logged_in": .bool(entry != nil), "dry_run": .string(change.dryRun.rawValue),
        ]
        let text = entry.map { "\($0.email) is logged out of \(key)\(change.suffix)" } ?? "no one was logged in to \(key)"
        session.print(.message(Text(text), data: data, names: entry.map { ["login/\($0.email)"] } ?? []))
        return .ok
    }
}

/// Reads a password from stdin: unseen on a terminal, the first line of a pipe.
enum PasswordPrompt {
    static let variable = "PFCTL_PASSWORD"

    static func read(for email: String, in session: Session) async throws -> String {
        if let password = session.environment[variable], !password.isEmpty { return password }
        if isatty(0) == 1 { session.status.print(Text("Password of \(email):")) }
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
