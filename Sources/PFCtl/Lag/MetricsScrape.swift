import AsyncHTTPClient
import HTTPExchange
import KubernetesClient
import NIOCore
import NIOHTTP1
import Terminal

/// Reads the metrics of pods, each through its own forwarded port.
struct MetricsScrape: Sendable {
    /// The workers' port for health and metrics.
    private static let port = 8081
    private static let maximumBytes = 16 << 20

    struct Page: Sendable {
        let pod: String
        let metrics: MetricsText
        /// When it was read.
        let time: ContinuousClock.Instant
    }

    let session: Session

    /// Reads all pages concurrently.
    /// - Returns: By pod: the page, or the reason why there is none.
    func pages(of pods: [String]) async throws -> [String: Result<Page, CommandError>] {
        let client = try session.client()
        let http = HTTPClient(eventLoopGroupProvider: .singleton)
        let pages = await withTaskGroup(of: (String, Result<Page, CommandError>).self) { group in
            for pod in pods { group.addTask { (pod, await page(of: pod, client, http)) } }
            return await group.reduce(into: [String: Result<Page, CommandError>]()) { $0[$1.0] = $1.1 }
        }
        try? await http.shutdown()
        return pages
    }

    private func page(of pod: String, _ client: ClusterClient, _ http: HTTPClient) async -> Result<Page, CommandError> {
        let failures = ForwardFailures()
        do {
            let forwarding = try await client.forwardPort { PodPort(pod: pod, port: Self.port) }
            failures.read(forwarding.events)
            // Do not wait, because a connection that hangs would delay the command.
            defer { Task { await forwarding.close() } }
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(forwarding.localPort)/metrics")
            request.headers.add(name: "Accept", value: "text/plain")
            request.headers.add(name: "Connection", value: "close")
            let response = try await http.exchange(request, within: session.global.requestTimeout, bodyLimit: Self.maximumBytes)
            guard response.status == .ok else { return .failure(CommandError(.failed, "\(pod) responded with \(response.status.code)")) }
            return .success(Page(pod: pod, metrics: MetricsText(String(buffer: response.body)), time: .now))
        } catch let error as KubernetesError {
            return .failure(CommandError(error))
        } catch {
            return .failure(failures.last ?? CommandError(.unreachable, "\(pod) did not respond"))
        }
    }
}

/// The samples of a page in the Prometheus text format.
struct MetricsText: Sendable {
    struct Sample: Sendable, Hashable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    let samples: [Sample]

    /// Ignores lines that are not samples.
    init(_ text: String) {
        samples = text.split(whereSeparator: \.isNewline).compactMap { Self.sample($0) }
    }

    func samples(of name: String) -> [Sample] { samples.filter { $0.name == name } }
    func sum(of name: String) -> Double { samples(of: name).reduce(0) { $0 + $1.value } }

    private static func sample(_ line: Substring) -> Sample? {
        guard !line.hasPrefix("#") else { return nil }
        var rest = line
        let name = rest.prefix { $0 != "{" && $0 != " " }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            guard let read = Self.labels(&rest) else { return nil }
            labels = read
        }
        guard !name.isEmpty, let word = rest.split(separator: " ").first, let value = Double(word) else { return nil }
        return Sample(name: String(name), labels: labels, value: value)
    }

    /// Parses `a="b",c="d"}`, where a value may contain `\"`, `\\` and `\n`.
    private static func labels(_ rest: inout Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        while let first = rest.first, first != "}" {
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\"") else { return nil }
            rest = rest.dropFirst(2)
            var value = ""
            while let character = rest.popFirst(), character != "\"" {
                guard character == "\\" else {
                    value.append(character)
                    continue
                }
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            }
            labels[String(name)] = value
            if rest.first == "," { rest.removeFirst() }
        }
        guard rest.popFirst() == "}" else { return nil }
        return labels
    }
}
