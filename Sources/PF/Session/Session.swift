import ArgumentParser
import FoundationEssentials
import PixelFlowClient
import PixelFlowRelease
import Terminal

/// The options of every command.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server to use instead of $PIXELFLOW_URL or that of the last 'pf login'.", valueName: "url"))
    var server: String?

    // Unlike in pfctl, not `--output`, which specifies where images are stored.
    @Option(name: [.customShort("o"), .customLong("format")], help: "The output format.")
    var format: OutputFormat = .table

    @Option(help: "When to use colors; NO_COLOR turns 'auto' off.")
    var color: ColorChoice = .auto

    @Option(help: ArgumentHelp("Time limit for a single request, except uploads and downloads.", valueName: "duration"))
    var requestTimeout: DurationArgument = .seconds(30)
}

/// A command that runs with a session and returns its exit status.
protocol SessionCommand: ParsableCommand, Sendable {
    var global: GlobalOptions { get }
    /// - Throws: any error; `CommandError` converts it to a message and an exit status.
    func run(in session: Session) async throws -> ExitStatus
}

/// The dependencies of a command: the server, the console, the clock and the environment.
struct Session: Sendable {
    let printer: Printer
    let environment: [String: String]
    private let server: String?
    private let requestTimeout: Duration
    let clock: @Sendable () -> Date

    init(options: GlobalOptions, console: Console, environment: [String: String], clock: @escaping @Sendable () -> Date) {
        printer = Printer(console: console, format: options.format, color: options.color, environment: environment)
        self.environment = environment
        self.clock = clock
        server = options.server
        requestTimeout = options.requestTimeout.duration
    }

    var now: Date { clock() }

    /// The server specified by the options, the environment or the last login, in this order.
    ///
    /// - Throws: `CommandError` if none of them specifies one.
    func serverURL() throws -> String {
        let named = [server, environment["PIXELFLOW_URL"]].compactMap { $0 }.first { !$0.isEmpty }
        guard let url = try named ?? LoginStore(environment: environment).contents().server else {
            throw CommandError(.usage, "this command needs a server", hint: "run pf login, or set PIXELFLOW_URL")
        }
        return try Self.checked(url)
    }

    /// Validates a URL and removes trailing slashes.
    ///
    /// - Throws: `CommandError` if it is not the URL of a server.
    static func checked(_ url: String) throws -> String {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw CommandError(.usage, "\(url) is not a URL of a server", hint: "it begins with https:// or http://")
        }
        return Endpoints(web: url).api
    }

    /// A client without a token.
    func visitor(of server: String) -> PixelFlowClient {
        PixelFlowClient(Endpoints(web: server), requestTimeout: requestTimeout, userAgent: "pf/\(Release.version)")
    }

    /// A client with the token or API key of the environment, or with the tokens of the last login, which it renews.
    ///
    /// - Throws: `CommandError` if there is no token that is valid or renewable.
    func client() throws -> PixelFlowClient {
        let server = try serverURL()
        if let token = environment["PIXELFLOW_TOKEN"], !token.isEmpty { return visitor(of: server).authenticated(with: token) }
        let hint = "run pf login, or set PIXELFLOW_TOKEN"
        let store = try LoginStore(environment: environment)
        guard let login = try store.contents().logins[server] else {
            throw CommandError(.unreachable, "this command needs a login at \(server)", hint: hint)
        }
        guard login.refreshToken != nil || login.expires > now.timeIntervalSince1970 else {
            throw CommandError(.unreachable, "the login of \(login.email) at \(server) has expired", hint: hint)
        }
        var client = visitor(of: server)
        client.sessions = TokenSession(StoredSession(store: store, server: server, clock: clock))
        return client
    }

    /// The time since `time`, for a table.
    func age(_ time: Date?) -> Text { Text(time.map { DurationText.age(.seconds(now.timeIntervalSince($0))) } ?? "") }
}
