import ArgumentParser
import FoundationEssentials
import PixelFlowClient
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
        let store = try LoginStore(environment: session.environment)
        let server = try url.map(Session.checked) ?? session.serverURL()
        let password = try await PasswordPrompt.read(
            for: email, variable: "PIXELFLOW_PASSWORD", environment: session.environment, status: session.printer.status)
        let login = try await session.visitor(of: server).logIn(email: email, password: password) {
            try await PasswordPrompt.readCode(
                for: email, variable: "PIXELFLOW_CODE", environment: session.environment, status: session.printer.status)
        }
        var contents = store.contents()
        contents.server = server
        contents.logins[server] = .init(login, email: email, now: session.now)
        try store.write(contents)
        session.printer.print(
            .message(
                Text("logged in as \(email) to \(server) for \(DurationText.age(login.expiresIn))"),
                data: [
                    "email": .string(email), "server": .string(server), "expires_in": .integer(Int(login.expiresIn.components.seconds)),
                ],
                names: ["login/\(email)"]))
        return .ok
    }
}

struct LogoutCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Deletes the stored token of a server.",
        discussion: """
            Examples:
              pf logout
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let store = try LoginStore(environment: session.environment)
        let server = try session.serverURL()
        var contents = store.contents()
        let login = contents.logins.removeValue(forKey: server)
        if contents.server == server { contents.server = nil }
        try store.write(contents)
        let text = login.map { "\($0.email) is logged out of \(server)" } ?? "no one was logged in to \(server)"
        session.printer.print(
            .message(
                Text(text), data: ["server": .string(server), "was_logged_in": .bool(login != nil)],
                names: login.map { ["login/\($0.email)"] } ?? []))
        return .ok
    }
}
