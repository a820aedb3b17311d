package import Logging
package import PixelFlowCore
package import ServiceLifecycle

/// Repeats work until the process shuts down or the task is cancelled.
///
/// Failures are logged and retried. They never end the service, which would end the process.
package struct PeriodicService: Service {
    private let name: String
    private let interval: Duration
    private let retries: RetryPolicy
    private let signal: WakeSignal?
    private let logger: Logger
    private let sleep: @Sendable (Duration) async throws -> Void
    private let work: @Sendable () async throws -> Void
    private let outages = OutageLog()

    /// - Parameters:
    ///   - name: of the work, for the log: "NAME failed, will be retried".
    ///   - interval: from the end of one run to the start of the next.
    ///   - retries: the delays after consecutive failures; by default the interval.
    ///   - signal: starts a run immediately, and ends the service when it is finished.
    ///   - sleep: replaces the clock in tests.
    package init(
        _ name: String, every interval: Duration, retries: RetryPolicy? = nil, signal: WakeSignal? = nil, logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        work: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.interval = interval
        self.retries = retries ?? .every(interval)
        self.signal = signal
        self.logger = logger
        self.sleep = sleep
        self.work = work
    }

    package func run() async {
        await cancelWhenGracefulShutdown {
            if let signal { await run(wokenBy: signal) } else { await runAtIntervals() }
        }
    }

    private func runAtIntervals() async {
        var failures = 0
        while !Task.isCancelled {
            await attempt(&failures)
            try? await sleep(failures > 0 ? retries.pause(retry: failures - 1) : interval)
        }
    }

    private func run(wokenBy signal: WakeSignal) async {
        var failures = 0
        repeat {
            await attempt(&failures)
            while failures > 0, !Task.isCancelled {
                try? await sleep(retries.pause(retry: failures - 1))
                // The next attempt does the work that was signalled during the pause.
                signal.discard()
                await attempt(&failures)
            }
        } while await signal.wait(atMost: interval)
    }

    /// Logs a failure, and the first success after one.
    private func attempt(_ failures: inout Int) async {
        do {
            try await work()
            if failures > 0 { logger.notice("\(name) succeeds again") }
            failures = 0
        } catch {
            if Task.isCancelled { return }
            failures += 1
            outages.warning("\(name) failed, will be retried", ["error": "\(error)"], to: logger)
        }
    }
}
