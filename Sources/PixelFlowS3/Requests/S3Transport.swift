import AsyncHTTPClient
import CircuitBreaker
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Synchronization
import WireFormats

/// The transport for all requests to the object store: signs, limits, retries and counts them, and classifies failures.
///
/// All requests may be repeated: objects are written as a whole under unique keys.
final class S3Transport: Sendable {
    let address: S3Address
    let signer: AWSSigner
    let metrics: S3Metrics
    let timeouts: S3Timeouts
    let logger: Logger
    private let client: S3Client
    private let breaker: CircuitBreaker
    private let permits: AsyncSemaphore
    private let clock: any WallClock
    private let bucketRequest: S3Request?
    private let lastComplaint = Mutex<ContinuousClock.Instant?>(nil)

    /// An answer without a body, or with one this small, is read here.
    static let maximumReply = 8 * 1024 * 1024
    /// How long a bucket that has just been created may be missing still.
    private static let bucketCreationTime = Duration.seconds(5)
    private static let bucketRetries = RetryPolicy.every(.milliseconds(100))

    /// Refusals are logged no more often than this.
    static let complaintInterval = Duration.seconds(60)

    init(
        _ settings: S3Settings, configuration: HTTPClient.Configuration, clock: any WallClock, metrics: any MetricsFactory, logger: Logger
    ) {
        address = S3Address(endpoint: settings.endpoint, bucket: settings.bucket, usesPathStyle: settings.usesPathStyle)
        signer = AWSSigner(credentials: settings.credentials, region: settings.region)
        timeouts = settings.timeouts
        client = S3Client(configuration)
        breaker = CircuitBreaker(name: "blob_store", metrics: metrics)
        permits = AsyncSemaphore(permits: settings.requests, waiting: settings.waiting)
        bucketRequest = settings.createsBucket ? S3Request.createBucket(region: settings.region) : nil
        self.metrics = S3Metrics(factory: metrics)
        self.clock = clock
        self.logger = logger
    }

    /// A whole answer.
    struct Reply: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: ByteBuffer

        func document() throws -> XMLElement { try XMLReader.read(body.readableBytesView) }
    }

    /// Sends a request until there is a response or the retries are used up.
    ///
    /// - Parameter retries: attempts after the first; nil for the number in the settings.
    /// - Throws: `PixelFlowError`, with the store's `refusal` if it gave one; `CancellationError`.
    func call(_ request: S3Request, retries: Int? = nil) async throws -> Reply {
        try await call(request, retries: retries) { $0 }
    }

    /// As `call`, and reads the answer; one that cannot be read is asked for again.
    func call<Value: Sendable>(
        _ request: S3Request, retries: Int? = nil, _ read: @escaping @Sendable (Reply) throws -> Value
    ) async throws -> Value {
        try await perform(request, retries: retries) { response in
            let body = try await response.body.collect(upTo: Self.maximumReply)
            return try read(Reply(status: Int(response.status.code), headers: response.headers, body: body))
        }
    }

    /// Sends a request and returns with the head of the response.
    func open(_ request: S3Request) async throws -> HTTPClientResponse {
        try await perform(request, retries: nil) { $0 }
    }

    private func perform<Value: Sendable>(
        _ request: S3Request, retries: Int?, _ use: @escaping @Sendable (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        let end = ContinuousClock.now + timeouts.total
        let policy = timeouts.retryPolicy(retries: retries)
        var mayCreateBucket = request.operation != .createBucket
        do {
            return try await retry(policy, until: end, if: S3Failure.isTransient) {
                do {
                    return try await attempt(request, use)
                } catch let error as S3ServiceError where error.code == "NoSuchBucket" && mayCreateBucket {
                    guard let bucketRequest else { throw error }
                    mayCreateBucket = false
                    try await createBucket(bucketRequest)
                    // Where another process, or another request, was faster, the bucket is there when that one has its answer.
                    let deadline = min(end, ContinuousClock.now + Self.bucketCreationTime)
                    return try await retry(Self.bucketRetries, until: deadline, if: Self.isMissingBucket) {
                        try await attempt(request, use)
                    }
                }
            }
        } catch is CancellationError where Task.isCancelled {
            throw CancellationError()
        } catch {
            throw given(up: error)
        }
    }

    private func attempt<Value: Sendable>(
        _ request: S3Request, _ use: @escaping @Sendable (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        let allowance = timeouts.readTimeout + .seconds(Double(request.body.readableBytes) / Double(timeouts.minimumThroughput))
        let deadline = NIODeadline.now() + .nanoseconds(allowance.nanoseconds)
        do {
            return try await permits.withPermit(until: .now + allowance) {
                try await breaker.run(countingAsFailure: S3Failure.isTransient) {
                    guard request.operation.createsSomething else { return try await exchange(request, deadline: deadline, use) }
                    // A separate task, which the caller's cancellation does not affect: what a caller takes back must not appear
                    // after that. The deadline bounds how long it takes.
                    try Task.checkCancellation()
                    return try await Task { try await exchange(request, deadline: deadline, use) }.value
                }
            }
        } catch let error as AdmissionError {
            // A PixelFlowError is not tried again: a retry would only lengthen the queue.
            throw PixelFlowError.unavailable("blob_store", cause: error)
        }
    }

    private func exchange<Value: Sendable>(
        _ request: S3Request, deadline: NIODeadline, _ use: @Sendable (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        let response = try await send(request, deadline: deadline)
        guard (200..<300).contains(response.status.code) else { throw await S3ServiceError(reading: response) }
        return try await use(response)
    }

    private func send(_ request: S3Request, deadline: NIODeadline) async throws -> HTTPClientResponse {
        let signed = address.signed(request, by: signer, at: SigningTime(clock.now()))
        let start = ContinuousClock.now
        do {
            let response = try await client.http.execute(signed, deadline: deadline)
            metrics.record(request.operation, status: Int(response.status.code), after: .now - start)
            return response
        } catch {
            if Task.isCancelled { throw CancellationError() }
            metrics.record(request.operation, status: nil, after: .now - start)
            throw error
        }
    }

    private func createBucket(_ request: S3Request) async throws {
        do {
            _ = try await call(request)
            logger.info("bucket created")
        } catch let error as PixelFlowError where error.refusal?.status == 409 {
            // Another process was faster.
        }
    }

    private static func isMissingBucket(_ error: any Error) -> Bool { (error as? S3ServiceError)?.code == "NoSuchBucket" }

    private func given(up error: any Error) -> PixelFlowError {
        let failure = S3Failure.asPixelFlow(error)
        if failure.code == "blob_store_refused" { complain(failure) }
        return failure
    }

    /// A refusal needs attention by the operator, so it is logged, but at a limited rate.
    private func complain(_ failure: PixelFlowError) {
        let isDue = lastComplaint.withLock { last in
            let now = ContinuousClock.now
            if let last, now - last < Self.complaintInterval { return false }
            last = now
            return true
        }
        if isDue { logger.error("blob store rejects requests", metadata: ["error": "\(failure)"]) }
    }
}

extension S3Request {
    /// AWS takes no word for its oldest region.
    static func createBucket(region: String) -> S3Request {
        let constraint =
            "<CreateBucketConfiguration><LocationConstraint>\(region.xmlEscaped)</LocationConstraint></CreateBucketConfiguration>"
        return S3Request(.createBucket, body: region == "us-east-1" ? ByteBuffer() : ByteBuffer(string: constraint))
    }
}
