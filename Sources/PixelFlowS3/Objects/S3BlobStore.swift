package import AsyncHTTPClient
package import Logging
package import Metrics
package import PixelFlowCore
import Synchronization

/// Objects in a bucket of an S3-compatible store.
///
/// Durability is the store's: a write returns when the server has acknowledged the whole object,
/// which on S3 means that several machines have it on disk. What was sent is signed with its digest, so
/// bytes that changed on the way are refused. Objects above `partBytes` are sent in parts and become
/// visible at once with the last call; a write that fails takes its parts back, and `prepare` those
/// of processes that died.
///
/// Opening touches no network: a store that is away at the start is used when it is there.
package final class S3BlobStore: BlobStore {
    /// Up to this size an object is one request; above, this is the size of its parts. S3 wants 5 MiB at
    /// least. A write holds two parts in memory: one on its way, one being gathered.
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

    /// To be called once at the start: makes the bucket where that is allowed, and takes back uploads
    /// that no process can be working on any more.
    ///
    /// - Throws: `blob_store_refused` if the store refuses the credentials or there is no such bucket. A store
    ///   that does not answer is logged and no error: every call retries.
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

    /// Asks for one key at most, once or twice: the answer is wanted within the time of a probe.
    package func check() async throws {
        _ = try await transport.call(Listing.request(prefix: names.prefix, limit: 1), retries: 1)
    }
}
