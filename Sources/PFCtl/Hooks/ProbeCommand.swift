import ArgumentParser
import AsyncHTTPClient
import HTTPExchange
import KubernetesClient
import NIOCore
import NIOHTTP1
import Terminal
import WireFormats

/// Run by `helm test`: calls services over HTTP and does not use the Kubernetes API.
struct ProbeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Waits until every URL responds with 200.",
        discussion: """
            Examples:
              pfctl probe --timeout=120 http://pixelflow-api:8080/readyz http://pixelflow-auth:50051/readyz
            """,
        shouldDisplay: false)

    @Argument(help: "The URLs.") var urls: [String]

    @Option(help: ArgumentHelp("How long to wait for all of them.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(120)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard urls.allSatisfy(HTTPURL.isOne) else {
            throw ValidationError("A URL must begin with http:// or https://.")
        }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let results = await EndpointProbe.run(urls, within: timeout.duration) { session.status.show($0) }
        let rows = results.map { result in
            Table.Row([result.isOK ? Text("ok", .good) : Text("failed", .bad), Text(result.url), Text(result.response)])
        }
        let data: JSONValue = [
            "urls": .array(results.map { ["url": .string($0.url), "ok": .bool($0.isOK), "answer": .string($0.response)] })
        ]
        let failed = results.filter { !$0.isOK }.map(\.url)
        let table = Table(columns: [.init("RESULT"), .init("URL", cut: .middle), .init("RESPONSE", cut: .wrap)], rows: rows)
        session.print(Document([.table(table)], data: data, names: results.filter(\.isOK).map(\.url)))
        guard failed.isEmpty else {
            throw CommandError(.timedOut, "no 200 within \(DurationText.exact(timeout.duration)) from \(failed.joined(separator: ", "))")
        }
        return .ok
    }
}

/// Polls URLs until each has responded with 200.
struct EndpointProbe: Sendable {
    private static let pause = Duration.milliseconds(500)
    /// The timeout of one request.
    private static let responseTimeout = Duration.seconds(5)
    /// Bytes of a response; the probed routes return far less.
    private static let responseLimit = 1 << 20

    struct Result: Sendable, Hashable {
        let url: String
        let isOK: Bool
        /// `200`, another status, or the reason why there is no response.
        let response: String
    }

    private let http: HTTPClient
    private let deadline: ContinuousClock.Instant
    private let report: @Sendable (String) -> Void

    /// - Parameter report: Receives each change of the response of a URL.
    /// - Returns: In the order of the URLs.
    static func run(_ urls: [String], within limit: Duration, report: @escaping @Sendable (String) -> Void) async -> [Result] {
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
        let probe = EndpointProbe(http: http, deadline: .now + limit, report: report)
        let results = await withTaskGroup(of: (Int, Result).self) { group in
            for (index, url) in urls.enumerated() { group.addTask { (index, await probe.wait(for: url)) } }
            return await group.reduce(into: [Int: Result]()) { $0[$1.0] = $1.1 }
        }
        try? await http.shutdown()
        return urls.indices.compactMap { results[$0] }
    }

    /// Not `retry`: every response is a result, which is reported, and the last one is returned at the deadline.
    private func wait(for url: String) async -> Result {
        var last = ""
        while true {
            let response = await ask(url)
            if response == "200" { return Result(url: url, isOK: true, response: response) }
            if response != last { report("\(url): \(response)") }
            last = response
            guard ContinuousClock.now + Self.pause < deadline, (try? await Task.sleep(for: Self.pause)) != nil else {
                return Result(url: url, isOK: false, response: response)
            }
        }
    }

    private func ask(_ url: String) async -> String {
        let limit = min(Self.responseTimeout, max(deadline - .now, .milliseconds(1)))
        do {
            let response = try await http.exchange(HTTPClientRequest(url: url), within: limit, bodyLimit: Self.responseLimit)
            return String(response.status.code)
        } catch {
            return "no response"
        }
    }
}
