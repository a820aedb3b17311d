import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import MetricsTestKit
import OTLP
import OTLPReceiver
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowTelemetry
import RawHTTP
import Testing
import Tracing

@Suite("Spans of requests")
struct TracingTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("spans are named after the route and carry the attributes of the semantic conventions")
    func spansHaveSemanticAttributes() async throws {
        let spans = try await Self.spans { client in
            _ = try await client.execute(
                uri: "/things/7?key=hidden", method: .get, headers: [.traceParent: Self.parent, .xRequestID: "abc"])
            _ = try await client.execute(uri: "/nowhere", method: .get)
            _ = try await client.execute(uri: "/broken", method: .get)
            _ = try await client.execute(uri: "/things/7", method: HTTPRequest.Method(rawValue: "BREW") ?? .get)
        }
        #expect(spans.count == 4)
        let found = try #require(spans.first)
        #expect(found.name == "GET /things/{id}")
        #expect(found.kind == 2)
        #expect((found.traceID, found.parentID) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"))
        #expect(found.text("http.request.method") == "GET")
        #expect(found.text("http.route") == "/things/{id}")
        #expect(found.text("url.path") == "/things/7")
        #expect(found.number("http.response.status_code") == 200)
        #expect(found.text("pixelflow.service") == "api")
        #expect(found.text("pixelflow.request_id") == "abc")
        #expect(!"\(found.attributes)".contains("hidden"))

        #expect(spans[1].name == "GET")
        #expect(spans[1].attributes["http.route"] == nil)
        #expect((spans[1].number("http.response.status_code"), spans[1].status) == (404, 0))
        #expect((spans[2].number("http.response.status_code"), spans[2].status) == (500, 2))
        #expect(spans[2].text("error.type") == "500")
        #expect(spans[3].text("http.request.method") == "_OTHER")
    }

    @Test("probes are not traced")
    func probesAreNotTraced() async throws {
        let spans = try await Self.spans { client in
            for path in ["/health", "/livez", "/readyz", "/metrics"] { _ = try await client.execute(uri: path, method: .get) }
        }
        #expect(spans.isEmpty)
    }

    @Test("stored work continues the trace of its handler, and every log line names the trace")
    func storedWorkContinuesTheTrace() async throws {
        let log = LogCapture()
        let spans = try await Self.spans { router in
            router.get("/stored") { _, context in
                var handler = JSONLogHandler(label: "a", service: "a", level: .info, sink: log.sink)
                handler.metadataProvider = .openTelemetry
                Logger(label: "a") { [handler] _ in handler }.info("inside")
                let stored = try #require(TraceHeaders.current)
                startSpan("later", context: stored.context).end()
                return stored.traceparent
            }
        } _: { client in
            let response = try await client.execute(uri: "/stored", method: .get, headers: [.traceParent: Self.parent, .traceState: "a=1"])
            #expect(response.text.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"))
        }
        let request = try #require(spans.first { $0.kind == 2 })
        #expect(spans.first { $0.name == "later" }?.parentID == request.spanID)
        let line = try #require(try log.objects().first)
        #expect(line["trace_id"] as? String == request.traceID)
        #expect(line["span_id"] as? String == request.spanID)
    }

    @Test("without tracing there is no trace context to store")
    func tracingCanBeOff() {
        #expect(TraceHeaders.current == nil)
        #expect(TraceHeaders(TraceHeaders(traceparent: Self.parent).context) == nil)
    }

    private static func spans(
        _ routes: @escaping @Sendable (Router<AppRequestContext>) -> Void = { _ in },
        _ test: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws -> [ReceivedSpan] {
        try await RawServer.run(respond: RawServer.status(200)) { server in
            let tracing = OTLPTracing(
                OTLPConfiguration(endpoint: server.url("/v1/traces"), resource: ["service.name": "test"]), scope: "test", version: "1",
                metrics: TestMetrics(), logger: Logger(label: "test"))
            try await withTracer(tracing.tracer) {
                let all: @Sendable (Router<AppRequestContext>) -> Void = { router in
                    router.get("/things/{id}") { _, _ in "four" }
                    router.get("/broken") { _, _ -> String in throw PixelFlowError(.internal, code: "broken", "It is broken.") }
                    routes(router)
                }
                try await ServiceHarness().run(all, test)
            }
            tracing.start()
            await tracing.shutdown()
            return try TraceReceiver.spans(of: server).sorted { $0.start < $1.start }
        }
    }
}
