import Logging
import PixelFlowCore
import Synchronization

/// Runs the checks of a service and caches their results, so that a probe gets an immediate response even if a backend hangs.
///
/// Checks run in the background, one run at a time, and are started by incoming probes.
final class HealthMonitor: Sendable {
    /// The minimum age of results before the checks run again: the probes of a public service are open to anyone.
    static let freshness: Duration = .seconds(1)
    /// How long a prober waits for new results if older ones are available. Probers time out within seconds.
    static let waitLimit: Duration = .milliseconds(20)
    /// The maximum age of returned results. Probers call every few seconds, so older results mean that there has been no probe for a long
    /// time.
    static let lifetime: Duration = .seconds(30)

    /// The results of all checks at one moment.
    struct Results: Sendable {
        let outcomes: [String: HealthCheck.Outcome]
        let time: ContinuousClock.Instant
        /// Whether every check needed once has succeeded in some run so far, and every check always needed has succeeded in this one.
        let isReady: Bool
        /// The names of failing checks, in alphabetical order.
        let failing: [String]
    }

    private struct State {
        var last: Results?
        var run: Task<Results, Never>?
        var hasServed = false
        /// The names of failing checks that were logged last.
        var reported: [String] = []
    }

    let checks: [HealthCheck]
    private let waitLimit: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    init(_ checks: [HealthCheck], waitLimit: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.checks = checks
        self.waitLimit = waitLimit
        self.now = now
    }

    /// The latest results: new ones if the checks finish within `waitLimit`, otherwise the previous ones. Always waits for the first ones.
    func results() async -> Results {
        let time = now()
        let (kept, run): (Results?, Task<Results, Never>?) = state.withLock { state in
            let kept = state.last.flatMap { time - $0.time < Self.lifetime ? $0 : nil }
            if let kept, time - kept.time < Self.freshness { return (kept, nil) }
            let run = state.run ?? Task { await self.runChecks() }
            state.run = run
            return (kept, run)
        }
        guard let run else { return kept ?? Results(outcomes: [:], time: time, isReady: false, failing: []) }
        guard let kept else { return await run.value }
        // Cancelling the wait does not cancel the run, which others may wait for.
        return (try? await abandoning(after: waitLimit, throwing: CancellationError()) { await run.value }) ?? kept
    }

    /// Logs each change of the set of failing checks once.
    func report(_ results: Results, to logger: Logger) {
        let hasChanged = state.withLock { state in
            defer { state.reported = results.failing }
            return state.reported != results.failing
        }
        guard hasChanged else { return }
        guard !results.failing.isEmpty else { return logger.notice("backends respond again") }
        logger.warning(
            results.isReady ? "degraded" : "not ready", metadata: ["checks": .string(results.failing.joined(separator: ","))])
    }

    private func runChecks() async -> Results {
        let outcomes = await withTaskGroup(of: (String, HealthCheck.Outcome).self) { group in
            for check in checks { group.addTask { (check.name, await check.run()) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let failing = checks.filter { outcomes[$0.name] != .ok }
        let time = now()
        return state.withLock { state in
            state.hasServed = state.hasServed || failing.allSatisfy { $0.need == .never }
            let isReady = state.hasServed && failing.allSatisfy { $0.need != .always }
            let results = Results(outcomes: outcomes, time: time, isReady: isReady, failing: failing.map(\.name).sorted())
            state.last = results
            state.run = nil
            return results
        }
    }
}
