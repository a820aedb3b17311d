import AsyncHTTPClient
import HTTPExchange
import NIOCore
import NIOHTTP1
import PixelFlowCore

/// Checks whether a running service on this machine is ready, for container engines whose health check is a command:
/// our images contain no other tool for this.
struct ReadinessProbe: Sendable {
    private static let timeout = Duration.seconds(5)
    private static let responseLimit = 64 * 1024

    let listen: ListenSettings

    /// The report of `/readyz`.
    ///
    /// - Throws: `not_ready` with the report of the service, or the reason why there is no report.
    func ask() async throws(PixelFlowError) -> String {
        let url = listen.localURL + "/readyz"
        let status: Int
        let report: String
        do {
            let response = try await HTTPClient.shared.exchange(
                HTTPClientRequest(url: url), within: Self.timeout, bodyLimit: Self.responseLimit)
            status = Int(response.status.code)
            report = String(buffer: response.body)
        } catch {
            throw PixelFlowError(.unavailable, code: "not_ready", "\(url) does not respond.", cause: error)
        }
        guard status == 200 else { throw PixelFlowError(.unavailable, code: "not_ready", "\(url) responds with \(status): \(report)") }
        return report
    }
}
