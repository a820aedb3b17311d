import ArgumentParser
import FoundationEssentials
import PixelFlowClient
import PixelFlowCommands
import Terminal

struct LoginCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Logs in to a server and makes it the default of the other commands.",
        discussion: """
            The token is stored in $XDG_CONFIG_HOME/pixelflow, readable by you only. The password comes from PIXELFLOW_PASSWORD or \
            stdin, never from the command line. An account with a second factor also needs a code, from PIXELFLOW_CODE or the next line of \
            stdin.

            Examples:
              pf login https://images.example.com --email ada@example.com
              pass show pixelflow | pf login https://images.example.com --email ada@example.com
            """)

    @Argument(help: "The URL of the server; by default the current one.") var url: String?

    @Option(help: ArgumentHelp("The email address of the account.", valueName: "address"))
    var email: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let store = try session.logins()
        let server = try url.map(Session.checked) ?? session.serverURL()
        // A file that cannot be changed is reported before a session is opened that no one could use.
        _ = try store.contents()
        let account = PasswordLogin(email, prefix: "PIXELFLOW", environment: session.environment, status: session.printer.status)
        let password = try await account.password()
        let login = try await Self.explaining(server) { try await account.perform(password, session.visitor(of: server)) }
        try store.update { contents in
            contents.server = server
            contents.logins[server] = .init(login, email: email, now: session.now)
        }
        session.printer.print(
            .message(
                Text("logged in as \(email) to \(server) for \(DurationText.age(login.expiresIn))"),
                data: [
                    "email": .string(email), "server": .string(server), "expires_in": .integer(Int(login.expiresIn.components.seconds)),
                ],
                names: ["login/\(email)"]))
        return .ok
    }

    /// Converts what the login is refused with: there is no login yet that could be repeated, and the URL has never worked before.
    private static func explaining(_ server: String, _ body: () async throws -> Login) async throws -> Login {
        do {
            return try await body()
        } catch let problem as Problem where problem.status == 401 {
            throw CommandError(.unreachable, "\(problem)")
        } catch let problem as Problem where (300..<400).contains(problem.status) || [404, 405].contains(problem.status) {
            throw noService(server)
        } catch ClientError.invalidResponse {
            throw noService(server)
        }
    }

    private static func noService(_ server: String) -> CommandError {
        CommandError(.unreachable, "there is no PixelFlow web service at \(server)", hint: "its URL is that of the page in a browser")
    }
}

struct LogoutCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Ends the session at a server and deletes its stored token.",
        discussion: """
            If the server cannot be reached, the token is deleted nevertheless, and a warning says that the session goes on.

            Examples:
              pf logout
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let store = try session.logins()
        let server = try session.serverURL()
        if let login = try store.contents().logins[server] { await endSession(of: login.tokens, at: server, session) }
        let login = try store.update { contents in
            if contents.server == server { contents.server = nil }
            return contents.logins.removeValue(forKey: server)
        }
        let text = login.map { "\($0.email) is logged out of \(server)" } ?? "no one was logged in to \(server)"
        session.printer.print(
            .message(
                Text(text), data: ["server": .string(server), "was_logged_in": .bool(login != nil)],
                names: login.map { ["login/\($0.email)"] } ?? []))
        return .ok
    }

    private func endSession(of tokens: SessionTokens, at server: String, _ session: Session) async {
        var client = session.visitor(of: server)
        client.requestTimeout = min(client.requestTimeout, SessionEnd.timeout)
        client.retries = .none
        await SessionEnd.attempt(at: " at \(server)", session) { [client] in try await client.logOut(tokens) }
    }
}
