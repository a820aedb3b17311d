import Logging
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowTelemetry
import Synchronization
import Tracing
import WireFormats

/// One claim, from reading the source to writing the manifest.
struct TaskRun: Sendable {
    let task: TaskRecord
    let trace: RunTrace
    let dependencies: WorkerDependencies
    let settings: WorkerSettings
    let metrics: WorkerMetrics
    let logger: Logger
    let overlaysInMemory: OverlayPermits

    /// How a run ends.
    enum Ending: Sendable {
        case succeeded(Manifest)
        case failed(TaskFailure)
        /// The owner has cancelled the task.
        case cancelRequested
        /// Another worker owns the task now.
        case lost
        /// The worker is being stopped.
        case interrupted

        /// The recorded name of the ending, as the name of a span.
        var step: String {
            switch self {
            case .succeeded: "complete"
            case .failed: "fail"
            case .cancelRequested, .interrupted: "release"
            case .lost: "give up"
            }
        }
    }

    init(
        task: TaskRecord, trace: RunTrace, dependencies: WorkerDependencies, settings: WorkerSettings, metrics: WorkerMetrics,
        overlaysInMemory: OverlayPermits, logger: Logger
    ) {
        self.task = task
        self.trace = trace
        self.dependencies = dependencies
        self.settings = settings
        self.metrics = metrics
        self.overlaysInMemory = overlaysInMemory
        var logger = logger
        logger[metadataKey: "task_id"] = "\(task.id)"
        logger[metadataKey: "request_id"] = "\(task.requestID)"
        self.logger = logger
    }

    /// Processes the task while renewing the lease, and records the result.
    func execute(cancelled: AsyncLatch) async {
        let start = ContinuousClock.now
        logger.info("run started", metadata: ["attempt": "\(task.attempts)", "epoch": "\(task.epoch)", "worker": "\(settings.id)"])
        let ending = await work(cancelled: cancelled)
        // The result must be recorded even if this worker is being stopped.
        await Task { await conclude(ending, since: start) }.value
    }

    private func work(cancelled: AsyncLatch) async -> Ending {
        await withTaskGroup(of: Ending?.self) { group in
            group.addTask { await produce() }
            group.addTask { await LeaseRenewer(claim: task.claim, store: dependencies.store, policy: settings.policy).keep() }
            group.addTask { await cancelled.wait() ? .cancelRequested : nil }
            defer { group.cancelAll() }
            for await ending in group {
                if let ending { return ending }
            }
            return .interrupted
        }
    }

    private func produce() async -> Ending {
        do {
            return try await TaskProcessor(
                task: task, dependencies: dependencies, settings: settings, metrics: metrics, overlaysInMemory: overlaysInMemory
            ).process()
        } catch is CancellationError {
            return .interrupted
        } catch {
            let failure = PixelFlowError.unexpected(error)
            trace.failed(failure)
            logger.info(
                "run failed",
                metadata: ["error_code": "\(failure.code)", "retry": "\(failure.retry.rawValue)", "error": "\(failure)"])
            return .failed(TaskFailure(failure))
        }
    }

    private func conclude(_ ending: Ending, since start: ContinuousClock.Instant) async {
        do {
            let updated = try await withSpan(ending.step) { _ in try await retryWhileLeaseMayHold { try await write(ending) } }
            guard let updated else {
                metrics.discardedResult()
                logger.warning("claim lost, result discarded", metadata: ["epoch": "\(task.epoch)"])
                return try await dependencies.blobs.remove(.run(task))
            }
            trace.ended(updated)
            metrics.concluded(updated, after: ending)
            // The event of a final task also means that no unreferenced objects of the task remain.
            if updated.status.isFinal { try await dependencies.blobs.deleteUnreferenced(of: updated) }
            dependencies.publisher.publish(updated)
            logger.info(
                "run ended",
                metadata: [
                    "status": "\(updated.status.rawValue)", "attempts": "\(updated.attempts)", "epoch": "\(task.epoch)",
                    "milliseconds": "\((ContinuousClock.now - start).microseconds / 1000)",
                ])
            if !updated.status.isFinal { try await dependencies.blobs.remove(.run(task)) }
        } catch {
            // If nothing was recorded, the lease expires and the task runs again under a new epoch;
            // if only the cleanup failed, the dispatcher repeats it and publishes the event.
            dependencies.outages.error("run outcome not recorded, left to the dispatcher", ["error": "\(error)"], to: logger)
        }
    }

    private func write(_ ending: Ending) async throws -> TaskRecord? {
        switch ending {
        case .succeeded(let manifest): try await dependencies.store.complete(task.claim, with: manifest)
        case .failed(let failure): try await dependencies.store.fail(task.claim, with: failure)
        case .cancelRequested, .interrupted: try await dependencies.store.release(task.claim)
        case .lost: nil
        }
    }

    /// Retries through an outage of the store for as long as the lease may hold.
    private func retryWhileLeaseMayHold<Value>(_ body: () async throws -> Value) async throws -> Value {
        let warn: (any Error) -> Void = {
            dependencies.outages.warning("task store not reachable, retrying", ["error": "\($0)"], to: logger)
        }
        return try await retry(Self.storeRetries, until: ContinuousClock.now + settings.policy.renewDeadline, onRetry: warn, body)
    }

    private static let storeRetries = RetryPolicy(firstPause: .milliseconds(50), longestPause: .seconds(2))
}

/// The tasks that this worker is processing.
final class RunRegistry: Sendable {
    private let running = Mutex<[TaskID: AsyncLatch]>([:])

    /// Runs `body` with a latch that fires when the task is cancelled.
    func track(_ task: TaskID, _ body: (AsyncLatch) async -> Void) async {
        let cancelled = AsyncLatch()
        running.withLock { $0[task] = cancelled }
        await body(cancelled)
        running.withLock { _ = $0.removeValue(forKey: task) }
    }

    func cancel(_ task: TaskID) {
        running.withLock { $0[task] }?.fire()
    }
}
