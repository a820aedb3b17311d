import ArgumentParser
import KubernetesClient
import Subprocess
import Terminal
import WireFormats

#if canImport(System)
import System
#else
import SystemPackage
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

struct DashboardCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Opens the dashboard in the browser through a forwarded port.",
        discussion: """
            Runs until it is interrupted. If the pod disappears, the port is forwarded to the next one.

            Examples:
              pfctl dashboard
              pfctl dashboard --port 3000 --no-open
            """)

    @Option(help: ArgumentHelp("The local port; a free one by default.", valueName: "port"))
    var port: Int?

    @Flag(help: "Do not open a browser; implied if the output is a pipe.") var noOpen = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard (1...65_535).contains(port ?? 1) else { throw ValidationError("--port must be from 1 to 65535.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let client = try session.client()
        let release = session.global.release
        // Check before opening anything: a browser would only show that nothing responds.
        let first = try await PodSelection().pod(of: .web, release: release, client)
        let selection = PodSelection(first: first.pod)
        let forwarding = try await client.forwardPort(port ?? 0) { try await selection.pod(of: .web, release: release, client) }
        let url = "http://127.0.0.1:\(forwarding.localPort)/"
        let data: JSONValue = ["url": .string(url), "port": .integer(forwarding.localPort), "pod": .string(first.pod)]
        session.print(.message(Text(url, .strong), data: data, names: [url]))
        if !noOpen, session.isInteractive, !Browser.open(url, environment: session.environment) {
            session.warn("could not open a browser", hint: "open \(url) yourself")
        }
        await follow(forwarding.events, session)
        await forwarding.close()
        return .ok
    }

    /// Reports changes of the pod and failed connections.
    private func follow(_ events: AsyncStream<PortForwardEvent>, _ session: Session) async {
        var current: String?
        for await event in events {
            switch event {
            case .connected(let port):
                if port.pod != current { session.status.print(Text("forwarding to \(port.pod)", .faint)) }
                current = port.pod
            case .failed(let port, let error):
                let name = port.map { "\($0.pod): " } ?? ""
                session.status.print(Text("\(name)\(error.message); the next connection will look for another pod", .warning))
                current = nil
            case .closed: break
            }
        }
    }
}

/// The default browser of this computer.
enum Browser {
    #if os(macOS)
    private static let opener = "open"
    #else
    private static let opener = "xdg-open"
    #endif

    /// - Returns: Whether there was a program to call. Whether it shows a window is unknown.
    static func open(_ url: String, environment: [String: String]) -> Bool {
        let programs: [String] = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(opener)" }
        guard let program = programs.first(where: { access($0, X_OK) == 0 }) else { return false }
        // Runs detached: it does not use our terminal, and its exit status is ignored.
        Task {
            let variables = environment.map { (Environment.Key(stringLiteral: $0), $1) }
            _ = try? await Subprocess.run(
                .path(FilePath(program)), arguments: [url], environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
                output: .discarded)
        }
        return true
    }
}
