import HTTPTypes
package import Hummingbird
import Metrics
import NIOCore
import PixelFlowTelemetry

/// Counts and times each request: `…_requests_total` and `…_request_duration_seconds`.
///
/// The duration ends with the head of the response: how long a client takes to read an image, or listens to an event stream, says nothing
/// about the service. The number of label values is bounded: routes are labelled by their templates, and unknown methods share one label.
package struct MetricsMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    private let series: RequestSeries

    package init(_ metrics: ServiceMetrics) {
        series = RequestSeries(metrics)
    }

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        // A plain number of nanoseconds, because `Duration` would divide 128-bit integers on each request.
        let start = NIODeadline.now().uptimeNanoseconds
        let response = try await next(request, context)
        series.count(
            request.method, context.endpointPath, response.status.code,
            nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds - start))
        return response
    }
}

/// The counters and timers of a service's requests.
private struct RequestSeries: Sendable {
    private struct Series: Sendable {
        let requests: Counter
        let duration: Metrics.Timer
    }

    private let series: LabelledMetrics<RequestLabels, Series>

    init(_ metrics: ServiceMetrics) {
        series = LabelledMetrics(limit: 1000, overflow: .overflow) { labels in
            Series(
                requests: Counter(
                    label: "\(metrics.service)_requests_total", dimensions: labels.dimensions + [labels.statusDimension],
                    factory: metrics.factory),
                duration: Metrics.Timer(
                    label: "\(metrics.service)_request_duration_seconds", dimensions: labels.dimensions, factory: metrics.factory))
        }
    }

    func count(_ method: HTTPRequest.Method, _ endpoint: String?, _ status: Int, nanoseconds: Int64) {
        let series = series[RequestLabels(method, endpoint, status)]
        series.requests.increment()
        series.duration.recordNanoseconds(nanoseconds)
    }
}

/// The labels of a request. A client could send any number of different methods, so unknown ones become `other`.
private struct RequestLabels: Hashable, Sendable {
    private let method: HTTPRequest.Method?
    private let endpoint: String
    private let status: Int?

    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
    /// The endpoint name that Hummingbird uses if no route matches.
    private static let unmatched = "NotFound"

    static let overflow = RequestLabels(method: nil, endpoint: "other", status: nil)

    init(_ method: HTTPRequest.Method, _ endpoint: String?, _ status: Int) {
        self.init(
            method: Self.methods.contains(method) ? method : nil, endpoint: endpoint ?? Self.unmatched,
            status: (100...599).contains(status) ? status : nil)
    }

    private init(method: HTTPRequest.Method?, endpoint: String, status: Int?) {
        self.method = method
        self.endpoint = endpoint
        self.status = status
    }

    var dimensions: [(String, String)] {
        [("method", method?.rawValue ?? "other"), ("endpoint", endpoint == Self.unmatched ? "unmatched" : endpoint)]
    }

    var statusDimension: (String, String) { ("status", status.map(String.init) ?? "other") }

    /// Omits the method: an endpoint has few of them, and comparing the method is cheaper than hashing it.
    func hash(into hasher: inout Hasher) {
        hasher.combine(endpoint)
        hasher.combine(status)
    }
}
