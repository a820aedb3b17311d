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
/// All requests can be repeated, because objects are written as a whole under unique keys.
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
    private let lastReport = Mutex<ContinuousClock.Instant?>(nil)

    /// The maximum size of a response that is read as a whole.
    static let maximumReply = 8 * 1024 * 1024
    /// How long a newly created bucket may still be missing.
    private static let bucketCreationTime = Duration.seconds(5)
    private static let bucketRetries = RetryPolicy.every(.milliseconds(100))

    /// The minimum interval between log messages about rejections.
    static let reportInterval = Duration.seconds(60)

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

    /// A complete response.
    struct Reply: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: ByteBuffer

        func document() throws -> XMLElement { try XMLReader.read(body.readableBytesView) }
    }

    /// Sends a request until there is a response or no retries are left.
    ///
    /// - Parameter retries: attempts after the first; nil for the number in the settings.
    /// - Throws: `PixelFlowError`, with the store's `refusal` if there was one; `CancellationError`.
    func call(_ request: S3Request, retries: Int? = nil) async throws -> Reply {
        try await call(request, retries: retries) { $0 }
    }

    /// Like the other `call`, but parses the response, and retries if that fails.
    func call<Value: Sendable>(
        _ request: S3Request, retries: Int? = nil, _ read: @escaping @Sendable (Reply) throws -> Value
    ) async throws -> Value {
        try await perform(request, retries: retries) { response in
            let body = try await response.body.collect(upTo: Self.maximumReply)
            return try read(Reply(status: Int(response.status.code), headers: response.headers, body: body))
        }
    }

    /// Sends a request and returns the head of the response.
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
                    // If another process or request creates the bucket at the same time, it exists once that one has its response.
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
                    // A separate task, unaffected by the caller's cancellation: nothing that the caller undoes may appear
                    // afterwards. The deadline bounds the wait.
                    try Task.checkCancellation()
                    return try await Task { try await exchange(request, deadline: deadline, use) }.value
                }
            }
        } catch let error as AdmissionError {
            // Not retried, because a retry would only lengthen the queue.
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
        if failure.code == "blob_store_refused" { log(failure) }
        return failure
    }

    /// A rejection needs the attention of an operator, so it is logged, at a limited rate.
    private func log(_ failure: PixelFlowError) {
        let isDue = lastReport.withLock { last in
            let now = ContinuousClock.now
            if let last, now - last < Self.reportInterval { return false }
            last = now
            return true
        }
        if isDue { logger.error("blob store rejects requests", metadata: ["error": "\(failure)"]) }
    }
}

extension S3Request {
    /// The oldest region of AWS must be omitted from the body.
    static func createBucket(region: String) -> S3Request {
        let constraint =
            "<CreateBucketConfiguration><LocationConstraint>\(region.xmlEscaped)</LocationConstraint></CreateBucketConfiguration>"
        return S3Request(.createBucket, body: region == "us-east-1" ? ByteBuffer() : ByteBuffer(string: constraint))
    }
}
