import NIOCore
import NIOHTTP1
package import PixelFlowCore
import WireFormats

extension S3BlobStore: DiagnosableBackend {
    package var kind: String { "S3" }

    package func diagnose() async throws -> [BackendFinding] {
        let latency = try await BackendFinding.latency(limit: Self.slowRequest) { try await check() }
        return [latency, try await writes(), try await clockFinding(), encryption]
    }

    /// Object stores respond more slowly than databases: S3 itself within 100 to 200 ms.
    private static let slowRequest = Duration.milliseconds(250)
    private static let slowRounds = Duration.seconds(1)

    /// Writes, reads and removes an object outside of the tenants' prefixes.
    private func writes() async throws -> BackendFinding {
        let (name, title) = ("write-read", "an object that is written can be read and removed")
        let object = names.prefix + ".diagnosis-" + UUIDv7.make()
        let body = ByteBuffer(string: object)
        let start = ContinuousClock.now
        _ = try await transport.call(S3Request(.putObject, key: object, body: body), retries: 1)
        let read = try await transport.call(S3Request(.getObject, key: object), retries: 1)
        _ = try await transport.call(S3Request(.deleteObject, key: object), retries: 1)
        let time = ContinuousClock.now - start
        let reason = "\(time.milliseconds) ms"
        guard read.body == body else {
            return .failed(name, title, "other bytes were read than written", hint: "is there a cache before the store?")
        }
        guard time > Self.slowRounds else { return .ok(name, title, reason) }
        return .warning(name, title, reason, hint: "each task waits so long for its source and its outputs; is the store busy or far away?")
    }

    /// Uses the date of a response, which has whole seconds. S3 rejects signatures that are 15 minutes off.
    private func clockFinding() async throws -> BackendFinding {
        let sent = clock.now()
        let reply = try await transport.call(Listing.request(prefix: names.prefix, limit: 1), retries: 1)
        let received = clock.now()
        guard let date = reply.headers.first(name: "date").flatMap({ HTTPDate.seconds($0, now: received.microseconds / 1_000_000) }) else {
            return .skipped("clock", "its clock agrees with that of the service", "its responses have no date")
        }
        return .clock(Timestamp(microseconds: date * 1_000_000), sent: sent, received: received, resolution: .seconds(1))
    }

    private var encryption: BackendFinding {
        .encryption(transport.address.endpoint.scheme == "https", hint: "give the endpoint in PIXELFLOW_BLOB_URL as https://…")
    }
}
