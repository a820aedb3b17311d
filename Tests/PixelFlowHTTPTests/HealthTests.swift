import Deadlines
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PixelFlowHTTP
import Synchronization
import Testing

@Suite("Health")
struct HealthTests {
    private struct Down: Error {}

    @Test("a healthy service reports so", arguments: ["/health", "/livez", "/readyz"])
    func healthyServiceReportsSo(path: String) async throws {
        var harness = ServiceHarness()
        harness.health = HealthRoutes(checks: [HealthCheck("database") {}])
        try await harness.run { _ in
        } _: { client in
            let response = try await client.execute(uri: path, method: .get)
            #expect(response.status == .ok)
            #expect(try response.object()["status"] as? String == "ok")
        }
    }

    @Test("readyz names what is down, health and livez stay healthy")
    func readinessNamesFailedBackends() async throws {
        var harness = ServiceHarness()
        harness.health = HealthRoutes(checks: [
            HealthCheck("database") {}, HealthCheck("broker") { throw Down() },
            HealthCheck("blobs", timeout: .milliseconds(20)) { try await Task.sleep(for: .seconds(3600)) },
        ])
        try await harness.run { _ in
        } _: { client in
            let response = try await client.execute(uri: "/readyz", method: .get)
            #expect(response.status == .serviceUnavailable)
            let report = try response.object()
            #expect(report["status"] as? String == "unavailable")
            #expect(report["checks"] as? [String: String] == ["database": "ok", "broker": "failed", "blobs": "timed_out"])
            #expect(try await client.execute(uri: "/livez", method: .get).status == .ok)
            #expect(try await client.execute(uri: "/health", method: .get).status == .ok)
        }
    }

    @Test("an optional backend that is down is named, and the service is ready without it")
    func optionalBackendDoesNotAffectReadiness() async throws {
        var harness = ServiceHarness()
        harness.health = HealthRoutes(checks: [HealthCheck("database") {}, HealthCheck("broker", need: .never) { throw Down() }])
        try await harness.run { _ in
        } _: { client in
            let response = try await client.execute(uri: "/readyz", method: .get)
            #expect(response.status == .ok)
            let report = try response.object()
            #expect(report["status"] as? String == "degraded")
            #expect(report["checks"] as? [String: String] == ["database": "ok", "broker": "failed"])
        }
    }

    @Test("after the first success, a backend that goes down degrades the service, and its recovery restores it")
    func outageDegradesTheService() async throws {
        let backend = Backend()
        var harness = ServiceHarness()
        harness.health = HealthRoutes(
            checks: [HealthCheck("database") { try await backend.check() }], waitLimit: .testDeadline, now: backend.clock)
        let log = harness.log
        try await harness.run { _ in
        } _: { client in
            func ask() async throws -> String {
                backend.advance(by: .seconds(2))
                let response = try await client.execute(uri: "/readyz", method: .get)
                return try "\(response.status.code) \(response.object()["status"] as? String ?? "")"
            }
            var responses: [String] = []
            for condition in [Backend.Condition.down, .up, .down, .down, .down, .up] {
                backend.set(condition)
                responses.append(try await ask())
            }
            #expect(responses == ["503 unavailable", "200 ok", "200 degraded", "200 degraded", "200 degraded", "200 ok"])
        }
        let messages = try log.objects().compactMap { $0["event"] as? String }
        // One log line per change, however often someone asks.
        #expect(
            messages.filter { ["not ready", "degraded", "backends respond again"].contains($0) } == [
                "not ready", "backends respond again", "degraded", "backends respond again",
            ])
    }

    @Test("the state of the process itself always counts")
    func stateOfTheProcessAlwaysCounts() async throws {
        let backend = Backend()
        var harness = ServiceHarness()
        harness.health = HealthRoutes(
            checks: [HealthCheck("certificate", need: .always) { try await backend.check() }], waitLimit: .testDeadline, now: backend.clock)
        try await harness.run { _ in
        } _: { client in
            let well = try await client.execute(uri: "/readyz", method: .get)
            #expect(well.status == .ok)
            backend.set(.down)
            backend.advance(by: .seconds(2))
            let ill = try await client.execute(uri: "/readyz", method: .get)
            #expect(ill.status == .serviceUnavailable)
        }
    }

    @Test("a hanging check delays only the first response; later ones use the last results")
    func hangingCheckDelaysOnlyTheFirstResponse() async throws {
        let backend = Backend()
        var harness = ServiceHarness()
        harness.health = HealthRoutes(
            checks: [HealthCheck("database", timeout: .seconds(3600)) { try await backend.check() }], now: backend.clock)
        try await harness.run { _ in
        } _: { client in
            #expect(try await client.execute(uri: "/readyz", method: .get).object()["status"] as? String == "ok")
            backend.set(.silent)
            for _ in 1...3 {
                backend.advance(by: .seconds(2))
                // Without the cached results, this would take the hour that the check is allowed.
                let response = try await within(.seconds(60), "a response while the check hangs") {
                    try await client.execute(uri: "/readyz", method: .get)
                }
                #expect(try response.object()["status"] as? String == "ok")
            }
            #expect(backend.calls == 2, "one run at a time")
            backend.set(.down)
            try await eventually(within: .seconds(60), "the run that hung to end as failed") {
                try await client.execute(uri: "/readyz", method: .get).object()["status"] as? String == "degraded" ? () : nil
            }
        }
    }

    @Test("results are cached for a second, for probes and scrapes alike")
    func resultsAreCachedForASecond() async throws {
        let backend = Backend()
        var harness = ServiceHarness()
        harness.health = HealthRoutes(
            checks: [HealthCheck("database") { try await backend.check() }], waitLimit: .testDeadline, now: backend.clock)
        try await harness.run { _ in
        } _: { client in
            for path in ["/readyz", "/metrics", "/readyz"] { _ = try await client.execute(uri: path, method: .get) }
            #expect(backend.calls == 1)
            backend.advance(by: .seconds(1))
            _ = try await client.execute(uri: "/metrics", method: .get)
            #expect(backend.calls == 2)
        }
    }

    @Test("a check that ignores cancellation delays no response")
    func checkThatIgnoresCancellationDelaysNothing() async throws {
        let (stream, end) = AsyncStream<Void>.makeStream()
        let check = HealthCheck("stubborn", timeout: .milliseconds(10)) {
            // bounded: by the end of the stream below.
            await Task.detached { for await _ in stream {} }.value
        }
        #expect(await check.run() == .timedOut)
        end.finish()
    }

    @Test("a draining service is no longer ready")
    func drainingServiceIsNotReady() async throws {
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

/// A backend that a test can take down, and a clock.
private final class Backend: Sendable {
    enum Condition: Sendable {
        case up, down
        /// Does not respond until the state changes.
        case silent
    }

    private struct Down: Error {}
    private struct State {
        var condition = Condition.up
        var calls = 0
        var time = ContinuousClock.now
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var calls: Int { state.withLock { $0.calls } }
    var clock: @Sendable () -> ContinuousClock.Instant { { self.state.withLock { $0.time } } }

    func advance(by duration: Duration) { state.withLock { $0.time += duration } }

    func set(_ condition: Condition) {
        let waiting = state.withLock { state in
            state.condition = condition
            defer { state.waiting = [] }
            return state.waiting
        }
        for each in waiting { each.resume() }
    }

    func check() async throws {
        state.withLock { $0.calls += 1 }
        // bounded: by `set`; whoever asks has a deadline.
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard state.condition == .silent else { return true }
                state.waiting.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
        if state.withLock({ $0.condition }) == .down { throw Down() }
    }
}
