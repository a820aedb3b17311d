import AsyncHTTPClient
import KubernetesClient
import NIOCore
import NIOHTTP1

/// Reads the metrics of pods, each through a forwarded port of its own.
struct MetricsScrape: Sendable {
    /// Of the workers' health and metrics port.
    private static let port = 8081
    private static let maximumBytes = 16 << 20

    struct Page: Sendable {
        let pod: String
        let metrics: MetricsText
        /// When it was read.
        let time: ContinuousClock.Instant
    }

    let session: Session

    /// All at once.
    /// - Returns: By pod: the page, or why there is none.
    func pages(of pods: [String]) async throws -> [String: Result<Page, CommandFailure>] {
        let client = try session.client()
        let http = HTTPClient(eventLoopGroupProvider: .singleton)
        let pages = await withTaskGroup(of: (String, Result<Page, CommandFailure>).self) { group in
            for pod in pods { group.addTask { (pod, await page(of: pod, client, http)) } }
            return await group.reduce(into: [String: Result<Page, CommandFailure>]()) { $0[$1.0] = $1.1 }
        }
        try? await http.shutdown()
        return pages
    }

    private func page(of pod: String, _ client: ClusterClient, _ http: HTTPClient) async -> Result<Page, CommandFailure> {
        let failures = ForwardFailures()
        do {
            let forwarding = try await client.forwardPort { PodPort(pod: pod, port: Self.port) }
            failures.read(forwarding.events)
            // Not waited for: a connection that hangs would hold up the command.
            defer { Task { await forwarding.close() } }
            let timeout = TimeAmount.nanoseconds(Int64(session.global.requestTimeout / .nanoseconds(1)))
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(forwarding.localPort)/metrics")
            request.headers.add(name: "Accept", value: "text/plain")
            request.headers.add(name: "Connection", value: "close")
            let response = try await http.execute(request, timeout: timeout)
            let body = try await response.body.collect(upTo: Self.maximumBytes)
            guard response.status == .ok else { return .failure(CommandFailure(.failed, "\(pod) answered \(response.status.code)")) }
            return .success(Page(pod: pod, metrics: MetricsText(String(buffer: body)), time: .now))
        } catch let error as KubernetesError {
            return .failure(CommandFailure(error))
        } catch {
            return .failure(failures.last ?? CommandFailure(.unreachable, "\(pod) did not answer"))
        }
    }
}
