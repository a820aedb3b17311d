import ArgumentParser
import KubernetesClient
import PixelFlowClient
import PixelFlowCommands
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
        let store = try session.logins()
        let key = try session.installationName()
        var data: JSONValue = ["email": .string(email), "installation": .string(key), "dry_run": .string(change.dryRun.rawValue)]
        var time = ""
        if !change.isClientOnly {
            // A file that cannot be changed is reported before a session is opened that no one could use.
            _ = try store.contents()
            let login = try await logIn(session)
            let now = session.now
            if change.dryRun == .none { try store.update { $0.logins[key] = .init(login, email: email, now: now.date) } }
            data["expires_at"] = .string(now.advanced(by: login.expiresIn).text)
            time = " for \(DurationText.age(login.expiresIn))"
        }
        session.print(.message(Text("logged in as \(email) to \(key)\(time)\(change.suffix)"), data: data, names: ["login/\(email)"]))
        return .ok
    }

    private func logIn(_ session: Session) async throws -> Login {
        let account = PasswordLogin(email, prefix: "PFCTL", environment: session.environment, status: session.status)
        let password = try await account.password()
        return try await ForwardedService.using(.auth, in: session, as: .anonymous) { auth in
            try await auth.call { try await account.perform(password, $0) }
        }
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

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let store = try session.logins()
        let key = try session.installationName()
        let entry = try store.contents().logins[key]
        if let entry, change.dryRun == .none {
            await endSession(of: entry.tokens, session)
            try store.update { $0.logins[key] = nil }
        }
        let data: JSONValue = [
            "installation": .string(key), "was_logged_in": .bool(entry != nil), "dry_run": .string(change.dryRun.rawValue),
        ]
        let text = entry.map { "\($0.email) is logged out of \(key)\(change.suffix)" } ?? "no one was logged in to \(key)"
        session.print(.message(Text(text), data: data, names: entry.map { ["login/\($0.email)"] } ?? []))
        return .ok
    }

    private func endSession(of tokens: SessionTokens, _ session: Session) async {
        await SessionEnd.attempt(session) {
            try await Deadline.within(SessionEnd.timeout, "auth did not respond") {
                try await ForwardedService.using(.auth, in: session, as: .anonymous) { auth in
                    try await auth.call { try await $0.logOut(tokens) }
                }
            }
        }
    }
}
