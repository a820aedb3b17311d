import Deadlines
import Logging
import PixelFlowCore
import PixelFlowTelemetry
import ServiceLifecycle
import Synchronization
import Testing

@Suite("Periodic work")
struct PeriodicServiceTests {
    private struct RefusedError: Error {}

    private let runs = Runs()
    private let log = LogCapture()
    private var logger: Logger { Telemetry.logger("api", settings: LogSettings(level: .info), sink: log.sink) }

    /// Runs a service whose pauses end immediately, until its work has run `count` times; a run fails if `fails` says so.
    private func pauses(
        of count: Int, every interval: Duration = .seconds(60), retries: RetryPolicy? = nil, fails: @escaping @Sendable (Int) -> Bool
    ) async throws -> [Duration] {
        let pauses = Pauses()
        let service = PeriodicService(
            "counting", every: interval, retries: retries, logger: logger,
            sleep: { [runs] pause in
                pauses.note(pause)
                if runs.count >= count { try await Task.sleep(for: .seconds(3600)) }
            }, work: { [runs] in if fails(runs.begin()) { throw RefusedError() } })
        let running = Task { await service.run() }
        try await eventually("\(count) runs and their pauses") { pauses.all.count >= count }
        running.cancel()
        try await running.value("the service to end")
        return pauses.all
    }

    @Test("a success is followed by the interval, a failure by the retry policy")
    func failuresFollowTheRetryPolicy() async throws {
        let policy = RetryPolicy(firstPause: .seconds(1), longestPause: .seconds(3))
        let found = try await pauses(of: 6, retries: policy) { (2...4).contains($0) }
        #expect(found == [.seconds(60), .seconds(1), .seconds(2), .seconds(3), .seconds(60), .seconds(60)])
    }

    @Test("failures are logged once in a while, and so is the first success after them")
    func outagesAreLoggedPeriodically() async throws {
        _ = try await pauses(of: 5) { (2...4).contains($0) }
        let lines = try log.objects().map { "\($0["level"] as? String ?? ""): \($0["event"] as? String ?? "")" }
        #expect(lines == ["warning: counting failed, will be retried", "notice: counting succeeds again"])
    }

    @Test("a wake-up starts a run before the interval is over")
    func wakeUpStartsARun() async throws {
        let signal = WakeSignal()
        let service = PeriodicService("counting", every: .seconds(3600), signal: signal, logger: logger) { [runs] in _ = runs.begin() }
        let running = Task { await service.run() }
        for count in 1...3 {
            try await eventually("run \(count)") { runs.count == count }
            signal.wake()
        }
        try await eventually("the last run") { runs.count == 4 }
        running.cancel()
        try await running.value("the service to end")
    }

    @Test("a shutdown ends a pause, and work that is waiting", arguments: [false, true])
    func shutdownEndsPausesAndWork(isWorking: Bool) async throws {
        let service = PeriodicService("counting", every: .seconds(3600), logger: logger) { [runs] in
            _ = runs.begin()
            if isWorking { try await Task.sleep(for: .seconds(3600)) }
        }
        let group = ServiceGroup(services: [service], logger: logger)
        let running = Task { try await group.run() }
        try await eventually("a run") { runs.count == 1 }
        await group.triggerGracefulShutdown()
        try await running.value("the group to end")
        #expect(try !log.objects().contains { $0["level"] as? String == "warning" })
    }
}

private final class Runs: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }

    /// - Returns: the number of the run, from 1.
    func begin() -> Int {
        state.withLock { count in
            count += 1
            return count
        }
    }
}

private final class Pauses: Sendable {
    private let state = Mutex<[Duration]>([])

    var all: [Duration] { state.withLock { $0 } }

    func note(_ pause: Duration) { state.withLock { $0.append(pause) } }
}
