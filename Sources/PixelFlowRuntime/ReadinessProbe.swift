import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import PixelFlowCore

/// Checks whether a running service on this machine is ready, for container engines whose health check is a command:
/// our images contain no other tool for this.
struct ReadinessProbe: Sendable {
    private static let timeout = TimeAmount.seconds(5)
    private static let answerLimit = 64 * 1024

    let listen: ListenSettings

    /// The report of `/readyz`.
    ///
    /// - Throws: `not_ready` with the report of the service, or the reason why there is no report.
    func ask() async throws(PixelFlowError) -> String {
        let url = listen.localURL + "/readyz"
        let status: Int
        let report: String
        do {
            let answer = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: Self.timeout)
            status = Int(answer.status.code)
            report = String(buffer: try await answer.body.collect(upTo: Self.answerLimit))
        } catch {
            throw PixelFlowError(.unavailable, code: "not_ready", "\(url) does not answer.", cause: error)
        }
        guard status == 200 else { throw PixelFlowError(.unavailable, code: "not_ready", "\(url) answers \(status): \(report)") }
        return report
    }
}
