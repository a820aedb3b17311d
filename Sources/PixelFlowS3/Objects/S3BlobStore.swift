package import AsyncHTTPClient
package import Logging
package import Metrics
package import PixelFlowCore
import Synchronization

/// Objects in a bucket of an S3-compatible store.
///
/// Durability is that of the store: a write returns when the server has acknowledged the whole object,
/// which on S3 means that several machines have it on disk. Requests are signed with the digest of the body, so
/// corrupted bytes are rejected. Objects above `partBytes` are sent in parts and become
/// visible with the last call; a failed write removes its parts, and `prepare` removes those
/// of processes that died.
///
/// Opening does not use the network: a store that is down at startup is used when it is available.
package final class S3BlobStore: BlobStore {
    /// Up to this size an object is one request; above, this is the size of its parts. S3 requires 5 MiB at
    /// least. A write holds two parts in memory: one being sent, one being collected.
    package static let partBytes = 8 * 1024 * 1024

    let transport: S3Transport
    let names: ObjectNames
    let publicAddress: S3Address
    let clock: any WallClock
    /// Set when the server turns out not to know `DeleteObjects`.
    let deletesSingly = Atomic<Bool>(false)

    /// - Parameters:
    ///   - clock: signatures hold its time; servers refuse one that is a quarter of an hour off.
    ///   - metrics: where `s3_requests_total`, `s3_request_duration_seconds` and `blob_bytes_total` go.
    package convenience init(
        _ settings: S3Settings, clock: any WallClock = SystemClock(), metrics: any MetricsFactory = MetricsSystem.factory, logger: Logger
    ) {
        self.init(settings, http: S3Client.configuration(settings.timeouts), clock: clock, metrics: metrics, logger: logger)
    }

    /// - Parameter http: in place of the one that `httpConfiguration` makes.
    package init(
        _ settings: S3Settings, http: HTTPClient.Configuration, clock: any WallClock = SystemClock(),
        metrics: any MetricsFactory = MetricsSystem.factory, logger: Logger
    ) {
        transport = S3Transport(settings, configuration: http, clock: clock, metrics: metrics, logger: logger)
        names = ObjectNames(prefix: settings.prefix)
        publicAddress = S3Address(
            endpoint: settings.publicEndpoint, bucket: settings.bucket, usesPathStyle: settings.usesPathStyle)
        self.clock = clock
    }

    /// How the store's own HTTP client is configured.
    package static func httpConfiguration(_ settings: S3Settings) -> HTTPClient.Configuration { S3Client.configuration(settings.timeouts) }

    /// Call it once at startup: creates the bucket if that is allowed, and aborts uploads
    /// on which no process can still be working.
    ///
    /// - Throws: `blob_store_refused` if the store refuses the credentials or there is no such bucket. A store
    ///   that does not answer is logged and is not an error: every call retries.
    package func prepare() async throws {
        do {
            try await check()
            let removed = try await removeUnfinishedWrites(before: clock.now() - Self.abandonedAfter)
            if removed > 0 { transport.logger.info("abandoned uploads removed", metadata: ["uploads": "\(removed)"]) }
        } catch let error as PixelFlowError where error.code != "blob_store_refused" {
            transport.logger.warning("blob store not reachable yet", metadata: ["error": "\(error)"])
        }
    }

    /// No upload is under way for so long.
    static let abandonedAfter = Duration.seconds(86_400)

    /// Lists at most one key, with at most one retry: the result is needed within the time of a probe.
    package func check() async throws {
        _ = try await transport.call(Listing.request(prefix: names.prefix, limit: 1), retries: 1)
    }
}
