import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// Whether api can currently serve requests. Never retried, regardless of the retry policy.
    public func readiness() async throws -> Readiness {
        var client = self
        client.retries = .none
        do {
            return try Readiness(Fields(await client.document(Call(.GET, endpoints.api + "/readyz"))), isReady: true)
        } catch let problem as Problem where problem.status == 503 {
            // A service that is not ready explains this in the same format; a proxy in front of it does not.
            guard let json = problem.json, json["status"] != nil, let report = try? Readiness(Fields(json), isReady: false) else {
                throw problem
            }
            return report
        }
    }
}

/// Whether a service can serve requests.
public struct Readiness: Sendable, Hashable {
    /// Stays true during an outage of a backend that has been available before.
    public let isReady: Bool
    /// `ok`, `degraded`, `unavailable` or `draining`.
    public let status: String
    /// The names of the unavailable or degraded backends, in alphabetical order.
    public let failing: [String]

    init(_ fields: Fields, isReady: Bool) throws {
        self.isReady = isReady
        status = try fields.text("status")
        failing = (fields.json["checks"]?.objectValue ?? [:]).filter { $0.value.stringValue != "ok" }.map(\.key).sorted()
    }
}
