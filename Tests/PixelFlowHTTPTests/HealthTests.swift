import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PixelFlowHTTP
import Testing

@Suite("Health")
struct HealthTests {
    private struct Down: Error {}

    @Test("a service that works says so", arguments: ["/health", "/livez", "/readyz"])
    func healthy(path: String) async throws {
        var harness = ServiceHarness()
        harness.health = HealthRoutes(checks: [HealthCheck("database") {}])
        try await harness.run { _ in
        } _: { client in
            let response = try await client.execute(uri: path, method: .get)
            #expect(response.status == .ok)
            #expect(try response.object()["status"] as? String == "ok")
        }
    }

    @Test("readyz names what is down, health and livez stay well")
    func namesFailing() async throws {
        var harness = ServiceHarness()
        harness.health = HealthRoutes(checks: [
            HealthCheck("database") {}, HealthCheck("broker") { throw Down() },
            HealthCheck("blobs", timeout: .milliseconds(20)) { try await Task.sleep(for: .seconds(3600)) },
        ])
        try await harness.run { _ in
        } _: { client in
            let response = try await client.execute(uri: "/readyz", method: .get)
            #expect(response.status == .serviceUnavailable)
            let answer = try response.object()
            #expect(answer["status"] as? String == "unavailable")
            #expect(answer["checks"] as? [String: String] == ["database": "ok", "broker": "failed", "blobs": "timed_out"])
            #expect(try await client.execute(uri: "/livez", method: .get).status == .ok)
            #expect(try await client.execute(uri: "/health", method: .get).status == .ok)
        }
    }

    @Test("a backend that can be done without is named, and the service stays ready")
    func degraded() async throws {
        var harness = ServiceHarness()
        harness.health = HealthRoutes(checks: [HealthCheck("database") {}, HealthCheck("broker", isRequired: false) { throw Down() }])
        try await harness.run { _ in
        } _: { client in
            let response = try await client.execute(uri: "/readyz", method: .get)
            #expect(response.status == .ok)
            let answer = try response.object()
            #expect(answer["status"] as? String == "degraded")
            #expect(answer["checks"] as? [String: String] == ["database": "ok", "broker": "failed"])
        }
    }

    @Test("a check that ignores cancellation holds up nobody")
    func stubborn() async throws {
        let (stream, end) = AsyncStream<Void>.makeStream()
        let check = HealthCheck("stubborn", timeout: .milliseconds(10)) {
            // bounded: by the end of the stream below.
            await Task.detached { for await _ in stream {} }.value
        }
        #expect(await check.run() == .timedOut)
        end.finish()
    }

    @Test("a draining service is not ready any more")
    func drains() async throws {
        let drain = DrainState()
        var harness = ServiceHarness()
        harness.health = HealthRoutes(checks: [], drain: drain)
        try await harness.run { _ in
        } _: { client in
            #expect(try await client.execute(uri: "/readyz", method: .get).status == .ok)
            drain.drain()
            let response = try await client.execute(uri: "/readyz", method: .get)
            #expect(response.status == .serviceUnavailable)
            #expect(try response.object()["status"] as? String == "draining")
            #expect(try await client.execute(uri: "/livez", method: .get).status == .ok)
        }
    }
}
