import ArgumentParser
import KubernetesClient
import PixelFlowRelease
import Synchronization

/// The dependencies of a command: the cluster, the console, the clock and the environment. The client is created
/// on first use, so that commands that need no cluster do not create it.
final class Session: Sendable {
    let global: GlobalOptions.Values
    let environment: [String: String]
    let status: StatusLine
    private let console: Console
    private let palette: Palette
    private let clock: @Sendable () -> Timestamp
    private let madeClient = Mutex<ClusterClient?>(nil)
    private let hasPrinted = Mutex(false)

    init(options: GlobalOptions, console: Console, environment: [String: String], clock: @escaping @Sendable () -> Timestamp) {
        global = GlobalOptions.Values(options)
        self.console = console
        self.environment = environment
        self.clock = clock
        palette = Palette(isColoured: Self.isColoured(options.color, console.output, environment))
        status = StatusLine(
            stream: console.status, palette: Palette(isColoured: Self.isColoured(options.color, console.status, environment)))
    }

    var now: Timestamp { clock() }

    /// The cluster that the options and the kubeconfig name.
    func client() throws -> ClusterClient {
        try madeClient.withLock { made in
            if let made { return made }
            let client = try ClusterClient(configuration())
            made = client
            return client
        }
    }

    func configuration() throws -> ClusterConfiguration {
        var configuration = try ClusterConfiguration.load(global.selection, environment: environment)
        configuration.userAgent = "pfctl/\(Release.version)"
        // As in kubectl, 0 means no limit; a day is effectively unlimited for one request.
        configuration.requestTimeout = global.requestTimeout == .zero ? .seconds(86_400) : global.requestTimeout
        configuration.connectTimeout = min(configuration.connectTimeout, configuration.requestTimeout)
        return configuration
    }

    func close() async {
        status.clear()
        await madeClient.withLock { $0 }?.shutdown()
    }

    private static func isColoured(_ choice: ColorChoice, _ stream: any ConsoleStream, _ environment: [String: String]) -> Bool {
        switch choice {
        case .always: true
        case .never: false
        case .auto: stream.isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        }
    }
}

extension Session {
    var isInteractive: Bool { console.output.isTerminal }

    private func rendered(_ document: Document) -> String {
        let renderer = DocumentRenderer(format: global.output, width: console.output.terminalWidth, palette: palette)
        let isFirst = hasPrinted.withLock { hasPrinted in
            defer { hasPrinted = true }
            return !hasPrinted
        }
        // YAML after YAML is one document, with keys that stand in it twice.
        return (global.output == .yaml && !isFirst ? "---\n" : "") + renderer.render(document)
    }

    /// Puts a document on stdout in the format that was asked for.
    func print(_ document: Document) {
        status.clear()
        console.output.write(rendered(document))
    }

    /// Puts a document over the one before it, on a terminal; below it in a pipe.
    func redraw(_ document: Document) {
        let text = rendered(document)
        guard isInteractive else { return console.output.write(text) }
        // Moves home, clears each line to its end and then the rest below, so that nothing flickers.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\u{1B}[K\n")
        console.output.write("\u{1B}[H" + lines + "\u{1B}[J")
    }

    /// One line of a stream, such as a log's.
    func print(line: Text) {
        console.output.write(palette.render(line) + "\n")
    }

    /// Text that is not to be formatted, such as a completion script.
    func print(verbatim text: String) {
        console.output.write(text)
    }

    func warn(_ message: String, hint: String? = nil) {
        status.print(Text("warning: ", .warning) + Text(message))
        if let hint { status.print(Text("hint: ", .faint) + Text(hint)) }
    }

    func report(_ failure: CommandError) {
        status.clear()
        status.print(Text("error: ", .bad) + Text(failure.message))
        if let hint = failure.hint { status.print(Text("hint: ", .faint) + Text(hint)) }
    }
}

extension GlobalOptions {
    /// The values of the options, independent of the parser.
    struct Values: Sendable {
        let selection: KubeconfigSelection
        let release: String?
        let output: OutputFormat
        let requestTimeout: Duration

        init(_ options: GlobalOptions) {
            selection = options.selection
            release = options.release
            output = options.output
            requestTimeout = options.requestTimeout.duration
        }
    }
}

/// A command that runs with a session and returns its exit status.
protocol SessionCommand: ParsableCommand, Sendable {
    var global: GlobalOptions { get }
    /// - Throws: Anything; `CommandError` makes a sentence and an exit status of it.
    func run(in session: Session) async throws -> ExitStatus
}
