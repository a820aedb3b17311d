import ArgumentParser
import KubernetesClient
import PixelFlowClient
import Terminal
import WireFormats

struct LoginCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Logs in to PixelFlow for the commands that manage tasks.",
        discussion: """
            The token is stored for this context and namespace in $XDG_CONFIG_HOME/pfctl, readable by you only, and renewed until its \
            session ends. The password comes from PFCTL_PASSWORD or stdin, never from the command line. An account with a second factor \
            also needs a code, from PFCTL_CODE or the next line of stdin.

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
            // A file that cannot be changed is reported before a session is opened that nobody could use.
            _ = try store.entries()
            let password = try await PasswordPrompt.read(
                for: email, variable: "PFCTL_PASSWORD", environment: session.environment, status: session.status)
            let entry = try await logIn(password, session)
            if change.dryRun == .none { try store.update(key) { _ in entry } }
            data["expires_at"] = .string(entry.expires.text)
            time = " for \(DurationText.age(session.now.age(at: entry.expires)))"
        }
        session.print(.message(Text("logged in as \(email) to \(key)\(time)\(change.suffix)"), data: data, names: ["login/\(email)"]))
        return .ok
    }

    private func logIn(_ password: String, _ session: Session) async throws -> TokenStore.Entry {
        let login = try await ForwardedService.using(.auth, in: session, as: .nobody) { auth in
            try await auth.call { client in
                try await client.logIn(email: email, password: password) {
                    try await PasswordPrompt.readCode(
                        for: email, variable: "PFCTL_CODE", environment: session.environment, status: session.status)
                }
            }
        }
        return TokenStore.Entry(login, email: email, at: session.now)
    }
}

struct LogoutCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Ends the session at this installation and deletes its stored token.",
        discussion: """
            If auth cannot be reached, the token is deleted nevertheless, and a warning says that the session goes on.

            Examples:
              pfctl logout
            """)

    /// The time limit for ending the session.
    private static let timeout = Duration.seconds(5)

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let store = try TokenStore(environment: session.environment)
        let key = TokenStore.key(try session.configuration())
        let entry = try store.entries()[key]
        if let entry, change.dryRun == .none {
            await endSession(of: entry, session)
            try store.update(key) { _ in nil }
        }
        let data: JSONValue = [
            "installation": .string(key), "was_logged_in": .bool(entry != nil), "dry_run": .string(change.dryRun.rawValue),
        ]
        let text = entry.map { "\($0.email) is logged out of \(key)\(change.suffix)" } ?? "no one was logged in to \(key)"
        session.print(.message(Text(text), data: data, names: entry.map { ["login/\($0.email)"] } ?? []))
        return .ok
    }

    private func endSession(of entry: TokenStore.Entry, _ session: Session) async {
        let tokens = SessionTokens(token: entry.token, refreshToken: entry.refreshToken)
        do {
            try await Deadline.within(Self.timeout, "auth did not answer") {
                try await ForwardedService.using(.auth, in: session, as: .nobody) { auth in
                    try await auth.call { try await $0.logOut(tokens) }
                }
            }
        } catch {
            session.warn(
                "the session has not been ended: \(CommandError(error).message)",
                hint: "end it on the page under Account, or change the password")
        }
    }
}
