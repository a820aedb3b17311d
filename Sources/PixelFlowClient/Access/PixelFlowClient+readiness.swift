import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// Whether the api can answer at this moment. Asked once, whatever the retry policy says.
    public func readiness() async throws -> Readiness {
        var client = self
        client.retries = .none
        do {
            return try Readiness(Fields(await client.document(Call(.GET, endpoints.api + "/readyz"))), isReady: true)
        } catch let problem as Problem where problem.status == 503 {
            // A service that is not ready says why in the same form; a proxy in front of it does not.
            guard let json = problem.json, json["status"] != nil, let report = try? Readiness(Fields(json), isReady: false) else {
                throw problem
            }
            return report
        }
    }
}

/// Whether a service can answer.
public struct Readiness: Sendable, Hashable {
    /// Also if a backend is down that has answered before.
    public let isReady: Bool
    /// `ok`, `degraded`, `unavailable` or `draining`.
    public let status: String
    /// The names of the backends that do not answer as they should, in alphabetical order.
    public let failing: [String]

    init(_ fields: Fields, isReady: Bool) throws {
        self.isReady = isReady
        status = try fields.text("status")
        failing = (fields.json["checks"]?.objectValue ?? [:]).filter { $0.value.stringValue != "ok" }.map(\.key).sorted()
    }
}
