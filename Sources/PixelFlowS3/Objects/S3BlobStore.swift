package import AsyncHTTPClient
package import Logging
package import Metrics
package import PixelFlowCore
import Synchronization

/// Objects in a bucket of an S3-compatible store.
///
/// Durability is that of the store: a write returns when the server has acknowledged the complete object,
/// which on S3 means that several machines have it on disk. Requests are signed with the digest of the body, so
/// corrupted bytes are rejected. Objects larger than `partBytes` are uploaded in parts and become
/// visible with the last call. A failed write removes its parts, and `removeUnfinishedWrites` those
/// of processes that died.
///
/// Opening does not use the network: a store that is down at startup is used as soon as it is available.
package final class S3BlobStore: BlobStore {
    /// Objects up to this size are written in one request; larger ones in parts of this size. S3 requires at least
    /// 5 MiB. A write keeps two parts in memory: one being sent, and one being collected.
    package static let partBytes = 8 * 1024 * 1024
    /// The maximum number of parts of an upload on S3.
    static let partLimit = 10_000

    /// The size of the parts of an object of `size` bytes: larger only where so many parts would not be enough.
    static func partBytes(for size: Int) -> Int { max(partBytes, (size + partLimit - 1) / partLimit) }

    let transport: S3Transport
    let names: ObjectNames
    let publicAddress: S3Address
    let clock: any WallClock
    /// Set if the server turns out not to support `DeleteObjects`.
    let deletesSingly = Atomic<Bool>(false)

    /// - Parameters:
    ///   - clock: the time of signatures; servers reject signatures that are 15 minutes off.
    ///   - metrics: receives `s3_requests_total`, `s3_request_duration_seconds` and `blob_bytes_total`.
    package convenience init(
        _ settings: S3Settings, clock: any WallClock = SystemClock(), metrics: any MetricsFactory = MetricsSystem.factory, logger: Logger
    ) {
        self.init(settings, http: S3Client.configuration(settings.timeouts), clock: clock, metrics: metrics, logger: logger)
    }

    /// - Parameter http: used instead of a client with `httpConfiguration`.
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

    /// The configuration of the store's own HTTP client.
    package static func httpConfiguration(_ settings: S3Settings) -> HTTPClient.Configuration { S3Client.configuration(settings.timeouts) }

    /// Must be called once at startup: creates the bucket if that is allowed.
    ///
    /// - Throws: `blob_store_refused` if the store rejects the credentials or there is no such bucket. If the store
    ///   does not respond, this is logged and is not an error, because every call retries.
    package func prepare() async throws {
        do {
            try await check()
        } catch let error as PixelFlowError where error.code != "blob_store_refused" {
            transport.logger.warning("blob store not reachable yet", metadata: ["error": "\(error)"])
        }
    }

    /// Lists at most one key, with at most one retry, because a probe waits for the result.
    package func check() async throws {
        _ = try await transport.call(Listing.request(prefix: names.prefix, limit: 1), retries: 1)
    }
}
