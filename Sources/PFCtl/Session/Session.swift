import ArgumentParser
import FoundationEssentials
import KubernetesClient
import PixelFlowRelease
import Synchronization
import Terminal

/// The dependencies of a command: the cluster, the console, the clock and the environment. The client is created on first use, so that
/// commands without a cluster do not create one.
final class Session: CommandContext {
    typealias Options = GlobalOptions

    let global: GlobalOptions.Values
    let environment: [String: String]
    let printer: Printer
    private let clock: @Sendable () -> Timestamp
    private let madeClient = Mutex<ClusterClient?>(nil)

    init(options: GlobalOptions, console: Console, environment: [String: String], clock: @escaping @Sendable () -> Timestamp) {
        global = GlobalOptions.Values(options)
        self.environment = environment
        self.clock = clock
        printer = Printer(console: console, format: options.output, color: options.color, environment: environment)
    }

    var now: Timestamp { clock() }
    /// For times of the client library.
    var date: Date { clock().date }

    /// The cluster selected by the options and the kubeconfig.
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
        configuration.requestTimeout = global.requestTimeout
        configuration.connectTimeout = min(configuration.connectTimeout, configuration.requestTimeout)
        return configuration
    }

    func close() async {
        await madeClient.withLock { $0 }?.shutdown()
    }
}

extension Session {
    var status: StatusLine { printer.status }
    var isInteractive: Bool { printer.isInteractive }

    func print(_ document: Document) { printer.print(document) }
    func redraw(_ document: Document) { printer.redraw(document) }
    func print(line: Text) { printer.print(line: line) }
    func print(verbatim text: String) { printer.print(verbatim: text) }
    func warn(_ message: String, hint: String? = nil) { printer.warn(message, hint: hint) }
    func report(_ failure: CommandError) { printer.report(failure) }
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
            // As in kubectl, 0 means no limit; a day is effectively unlimited for one request.
            let limit = options.requestTimeout.duration
            requestTimeout = limit == .zero ? .seconds(86_400) : limit
        }
    }
}

/// A command of `pfctl`.
protocol SessionCommand: TerminalCommand where Context == Session {}

extension Timestamp {
    var date: Date { Date(timeIntervalSince1970: secondsSinceEpoch) }
}
