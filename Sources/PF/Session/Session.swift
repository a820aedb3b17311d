import ArgumentParser
import FoundationEssentials
import PixelFlowClient
import PixelFlowCommands
import PixelFlowRelease
import Terminal
import WireFormats

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

/// A command of `pf`.
protocol SessionCommand: TerminalCommand where Context == Session {}

/// The dependencies of a command: the server, the console, the clock and the environment.
struct Session: CommandContext {
    typealias Options = GlobalOptions

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
        guard let url = try named ?? logins().contents().server else {
            throw CommandError(.usage, "this command needs a server", hint: "run pf login, or set PIXELFLOW_URL")
        }
        return try Self.checked(url)
    }

    /// Validates a URL and removes trailing slashes.
    ///
    /// - Throws: `CommandError` if it is not the URL of a server.
    static func checked(_ url: String) throws -> String {
        // Would be stored with it, and is not repeated here.
        guard !url.contains("@") else {
            throw CommandError(.usage, "the URL of a server has no user name and no password", hint: "pf login asks for the password")
        }
        guard HTTPURL.base(url) != nil else {
            throw CommandError(.usage, "\(url) is not a URL of a server", hint: "it begins with https:// or http://, and has no query")
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
        var client = visitor(of: server)
        client.sessions = try login(at: server).session(at: " at \(server)")
        return client
    }

    /// The logins at all servers.
    ///
    /// - Throws: `CommandError` if the environment defines no folder for configuration.
    func logins() throws -> LoginStore {
        try LoginStore(environment: environment, folder: "pixelflow", file: "logins.json", layout: .contents)
    }

    /// The login at a server, whether or not there is one.
    func login(at server: String) throws -> StoredSession {
        StoredSession(try logins(), server, clock: clock, hint: "run pf login, or set PIXELFLOW_TOKEN")
    }
}
