import HTTPTypes
package import Hummingbird
import Metrics
import NIOCore
import Synchronization

/// Counts and times each request: `…_requests_total` and `…_request_duration_seconds`.
///
/// The time is that to the head of the answer: how long a client takes to read a picture, or listens
/// to an event stream, says nothing about the service. Labels are bounded: routes by their templates,
/// methods by those that are known.
package struct MetricsMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    private let series: RequestSeries

    package init(_ metrics: ServiceMetrics) {
        series = RequestSeries(metrics)
    }

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        // As a plain number of nanoseconds: `Duration` divides 128-bit integers, in each request.
        let start = NIODeadline.now().uptimeNanoseconds
        let response = try await next(request, context)
        series.count(
            request.method, context.endpointPath, response.status.code,
            nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds - start))
        return response
    }
}

/// The counters and timers of a service's requests, each created on first use and then cached.
private final class RequestSeries: Sendable {
    private struct Entry {
        let method: HTTPRequest.Method
        let status: Int
        let requests: Counter
        let duration: Metrics.Timer
    }

    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
    /// The endpoint name that Hummingbird uses if no route matches.
    private static let unmatched = "NotFound"

    private let metrics: ServiceMetrics
    /// By endpoint; the few methods and statuses of one are looked through faster than hashed.
    private let entries = Mutex<[String: [Entry]]>([:])

    init(_ metrics: ServiceMetrics) { self.metrics = metrics }

    func count(_ method: HTTPRequest.Method, _ endpoint: String?, _ status: Int, nanoseconds: Int64) {
        let endpoint = endpoint ?? Self.unmatched
        let known = entries.withLock { $0[endpoint]?.first { $0.status == status && $0.method == method } }
        let entry = known ?? make(method, endpoint, status)
        entry.requests.increment()
        entry.duration.recordNanoseconds(nanoseconds)
    }

    /// A method or a status that is none is not kept, for a client could send ever new ones.
    private func make(_ method: HTTPRequest.Method, _ endpoint: String, _ status: Int) -> Entry {
        let isMethod = Self.methods.contains(method)
        let isStatus = (100...599).contains(status)
        let labels = [
            ("method", isMethod ? method.rawValue : "other"), ("endpoint", endpoint == Self.unmatched ? "unmatched" : endpoint),
        ]
        let entry = Entry(
            method: method, status: status,
            requests: Counter(
                label: "\(metrics.service)_requests_total", dimensions: labels + [("status", isStatus ? String(status) : "other")],
                factory: metrics.factory),
            duration: Metrics.Timer(
                label: "\(metrics.service)_request_duration_seconds", dimensions: labels, factory: metrics.factory))
        if isMethod && isStatus { entries.withLock { $0[endpoint, default: []].append(entry) } }
        return entry
    }
}
