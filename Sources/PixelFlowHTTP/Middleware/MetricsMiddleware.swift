import HTTPTypes
public import Hummingbird
import Metrics
import Synchronization

/// Counts and times each request: `…_requests_total` and `…_request_duration_seconds`.
///
/// The time is that to the head of the answer: how long a client takes to read a picture, or listens
/// to an event stream, says nothing about the service. Labels are bounded: routes by their templates,
/// methods by those that are known.
public struct MetricsMiddleware: RouterMiddleware {
    public typealias Context = AppRequestContext

    private let series: RequestSeries

    public init(_ metrics: ServiceMetrics) {
        series = RequestSeries(metrics)
    }

    public func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let elapsed = (ContinuousClock.now - start).components
        series.count(
            request.method, context.endpointPath, response.status.code,
            nanoseconds: elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000)
        return response
    }
}

/// The counters and timers of a service's requests, each made when it is first needed and then kept.
private final class RequestSeries: Sendable {
    private struct Key: Hashable {
        let method: HTTPRequest.Method
        let endpoint: String
        let status: Int
    }

    private struct Pair {
        let requests: Counter
        let duration: Metrics.Timer
    }

    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
    /// What hummingbird calls the endpoint where no route matches.
    private static let unmatched = "NotFound"

    private let metrics: ServiceMetrics
    private let pairs = Mutex<[Key: Pair]>([:])

    init(_ metrics: ServiceMetrics) { self.metrics = metrics }

    func count(_ method: HTTPRequest.Method, _ endpoint: String?, _ status: Int, nanoseconds: Int64) {
        let key = Key(method: method, endpoint: endpoint ?? Self.unmatched, status: status)
        let pair = pairs.withLock { $0[key] } ?? make(key)
        pair.requests.increment()
        pair.duration.recordNanoseconds(nanoseconds)
    }

    /// A method or a status that is none is not kept, for a client could send ever new ones.
    private func make(_ key: Key) -> Pair {
        let isKnown = Self.methods.contains(key.method) && (100...599).contains(key.status)
        let method = ("method", Self.methods.contains(key.method) ? key.method.rawValue : "other")
        let endpoint = ("endpoint", key.endpoint == Self.unmatched ? "unmatched" : key.endpoint)
        let status = ("status", (100...599).contains(key.status) ? String(key.status) : "other")
        let pair = Pair(
            requests: Counter(
                label: "\(metrics.service)_requests_total", dimensions: [method, endpoint, status], factory: metrics.factory),
            duration: Metrics.Timer(
                label: "\(metrics.service)_request_duration_seconds", dimensions: [method, endpoint], factory: metrics.factory))
        if isKnown { pairs.withLock { $0[key] = pair } }
        return pair
    }
}
