import CircuitBreaker
import Metrics
import MetricsTestKit
import Synchronization
import TestSupport
import Testing

private struct Broken: Error {}
private struct Refused: Error {}

@Suite struct CircuitBreakerTests {
    private let clock = ManualUptime()
    private let metrics = TestMetrics()

    private func breaker(threshold: Int = 3) -> CircuitBreaker {
        CircuitBreaker(name: "store", threshold: threshold, cooldown: .seconds(2), now: { [clock] in clock.now }, metrics: metrics)
    }

    private func fail(_ breaker: CircuitBreaker, times: Int = 1) async {
        for _ in 0..<times {
            await #expect(throws: Broken.self) { try await breaker.run { throw Broken() } }
        }
    }

    @Test func opensAfterConsecutiveFailures() async throws {
        let breaker = breaker()
        await fail(breaker, times: 2)
        #expect(try await breaker.run { 1 } == 1)
        await fail(breaker, times: 2)
        #expect(breaker.state == .closed)
        await fail(breaker)
        #expect(breaker.state == .open)
        await #expect(throws: CircuitOpenError.self) { try await breaker.run { Issue.record("was called") } }
    }

    @Test func oneProbeIsAllowedAfterTheCooldown() async throws {
        let breaker = breaker()
        await fail(breaker, times: 3)
        clock.advance(by: .seconds(2))
        try await breaker.run {
            #expect(breaker.state == .halfOpen)
            await #expect(throws: CircuitOpenError.self) { try await breaker.run { Issue.record("a second probe") } }
        }
        #expect(breaker.state == .closed)
    }

    @Test func aFailedProbeOpensTheCircuitAgain() async {
        let breaker = breaker()
        await fail(breaker, times: 3)
        clock.advance(by: .seconds(2))
        await fail(breaker)
        #expect(breaker.state == .open)
        await #expect(throws: CircuitOpenError.self) { try await breaker.run {} }
    }

    @Test func nextCallProbesAfterACancelledProbe() async throws {
        let breaker = breaker()
        await fail(breaker, times: 3)
        clock.advance(by: .seconds(2))
        await #expect(throws: CancellationError.self) { try await breaker.run { throw CancellationError() } }
        try await breaker.run {}
        #expect(breaker.state == .closed)
    }

    @Test func refusalsDoNotCountAsFailures() async {
        let breaker = breaker(threshold: 1)
        await #expect(throws: Refused.self) {
            try await breaker.run(countingAsFailure: { $0 is Broken }) { throw Refused() }
        }
        #expect(breaker.state == .closed)
    }

    @Test func aLateFailureOfAnEarlierPeriodDoesNotCount() async throws {
        let breaker = breaker(threshold: 1)
        await #expect(throws: Broken.self) {
            try await breaker.run {
                await self.fail(breaker)
                clock.advance(by: .seconds(2))
                try await breaker.run {}
                throw Broken()
            }
        }
        #expect(breaker.state == .closed)
    }

    @Test func stateAndRefusalsAreExported() async throws {
        let breaker = breaker(threshold: 1)
        func value(_ state: String) throws -> Double? {
            try metrics.expectRecorder("circuit_breaker_state", [("backend", "store"), ("state", state)]).lastValue
        }
        #expect(try value("closed") == 1)
        await fail(breaker)
        await #expect(throws: CircuitOpenError.self) { try await breaker.run {} }
        #expect(try value("closed") == 0)
        #expect(try value("open") == 1)
        #expect(try metrics.expectCounter("circuit_breaker_rejections_total", [("backend", "store")]).totalValue == 1)
    }
}
