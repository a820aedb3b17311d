import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import PixelFlowTelemetry
import Prometheus
import Synchronization
import Testing

@testable import PixelFlowHTTP

/// An in-memory service with a few test routes, and the log lines it has written.
struct ServiceHarness {
    let log = LogCapture()
    let registry = Telemetry.registry()
    var level: Logger.Level = .debug
    var health = HealthRoutes(checks: [])

    func run(
        _ routes: (Router<AppRequestContext>) -> Void, _ test: @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let router = testRouter(metrics: ServiceMetrics(service: "api", factory: registry), health: health, routes)
        let logger = Telemetry.logger("test", settings: LogSettings(level: level), sink: log.sink)
        try await Application(router: router, logger: logger).test(.router, test)
    }
}

/// A router with the probes and with routes that no declaration describes.
func testRouter(
    metrics: ServiceMetrics, health: HealthRoutes = HealthRoutes(checks: []), _ routes: (Router<AppRequestContext>) -> Void
) -> Router<AppRequestContext> {
    ServiceRouter.make(counting: metrics) { router in
        var table = RouteTable()
        table.add(health.routes(of: metrics.service))
        if let page = MetricsRoute(metrics, health: health) { table.add([page.route]) }
        table.register(in: router, limits: .off)
        routes(router)
    }
}

/// Keeps log lines in memory.
final class LogCapture: Sendable {
    private let stored = Mutex<[String]>([])

    var sink: LogSink { LogSink { line in self.stored.withLock { $0.append(String(decoding: line, as: UTF8.self)) } } }

    var lines: [String] { stored.withLock { $0 } }

    /// Every line, parsed as a JSON object.
    func objects() throws -> [[String: Any]] {
        try lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }
}

extension TestResponse {
    /// The body as a JSON object.
    func object() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(buffer: body)) as? [String: Any])
    }

    var text: String { String(buffer: body) }

    /// The stable code of a problem.
    var code: String? { try? object()["code"] as? String }
}

extension Data {
    init(buffer: ByteBuffer) { self.init(buffer.readableBytesView) }
}
