package import Logging
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization

/// Determines when abandoned batches are closed, and how many batches may be unfinished.
package struct BatchSettings: Sendable {
    static let idleSetting = Setting<Duration>.seconds(
        "PIXELFLOW_BATCH_IDLE", default: 86_400, in: 60...2_592_000,
        help: "How long a batch stays open without a new task; then it is closed.")

    static let limitSetting = Setting<Int>.integer(
        "PIXELFLOW_BATCHES_PER_ORGANISATION", default: 1000, in: 1...1_000_000,
        help: "Batches of one organisation that may be open, or closed with tasks that have not ended, before a new one is refused with "
            + "429 `too_many_batches`. Several replicas may together admit a few more.")

    package static let descriptions: [SettingDescription] = [idleSetting.description, limitSetting.description]

    /// The time since the newest task, or since the creation of a batch without tasks.
    package var idleLimit: Duration

    /// Unfinished batches per organisation.
    package var limit: Int

    package init(idleLimit: Duration = .seconds(86_400), limit: Int = 1000) {
        self.idleLimit = idleLimit
        self.limit = limit
    }

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(idleLimit: try settings[Self.idleSetting], limit: try settings[Self.limitSetting])
    }
}

/// Closes abandoned batches, completes closed ones whose tasks have finished, reports these to webhooks (`batch.completed`) and users, and
/// removes completed ones without tasks.
///
/// The next step follows from the batch and its tasks alone, and every batch has a time of its next check, so no crash can make a batch be
/// forgotten. When a task finishes, its batch is checked within `interval`. Any number of replicas may run concurrently: the ids of
/// deliveries and messages do not depend on the replica that creates them, and both are stored before the batch is completed.
package final class BatchWatch: Service {
    /// The time between two rounds. Any number of tasks of a batch that finish in between cause one check.
    static let interval = Duration.seconds(1)
    /// The time between two attempts to report a batch to auth, and the time after which they stop.
    static let reportInterval = Duration.seconds(60)
    static let reportTimeLimit = Duration.seconds(86_400)
    /// The maximum number of noted batches; further ones are checked when they are due.
    static let capacity = 10_000
    /// The maximum number of due batches per round.
    static let dueLimit = 200
    /// How long a due batch that cannot be checked is left alone if more are due than a round checks.
    static let retryPause = Duration.seconds(30)

    private let batches: any BatchWatchStore
    private let webhooks: any WebhookOwnerStore
    private let mail: BatchMail
    private let events: any TaskEvents
    private let wake: @Sendable () -> Void
    private let settings: BatchSettings
    private let logger: Logger
    private let noted = Mutex<Set<BatchKey>>([])
    /// When a report failed last.
    private let failedReport = Mutex<Timestamp?>(nil)

    private struct BatchKey: Hashable {
        let batch: BatchID
        let tenant: TenantID
    }

    /// - Parameter wake: makes the webhook sender check for due deliveries.
    package init(
        batches: any BatchWatchStore, webhooks: any WebhookOwnerStore, mail: BatchMail, events: any TaskEvents,
        settings: BatchSettings = BatchSettings(), wake: @escaping @Sendable () -> Void = {}, logger: Logger
    ) {
        self.batches = batches
        self.webhooks = webhooks
        self.mail = mail
        self.events = events
        self.settings = settings
        self.wake = wake
        self.logger = logger
    }

    /// Checks a batch in the next round, because it was closed or one of its tasks has finished.
    package func note(_ batch: BatchID, of tenant: TenantID) {
        noted.withLock { noted in
            if noted.count < Self.capacity { noted.insert(BatchKey(batch: batch, tenant: tenant)) }
        }
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.listen() }
                group.addTask {
                    await PeriodicService("check batches", every: Self.interval, logger: self.logger) { await self.round() }.run()
                }
                try await group.waitForAll()
            }
        }
    }

    private func listen() async throws {
        try await events.listen {
            self.logger.warning("events not reachable, retrying", metadata: ["error": "\($0)"])
        } _: { change in
            guard let batch = change.task.batch, change.task.status.isFinal || change.task.deletedAt != nil else { return }
            self.note(batch, of: change.task.tenant)
        }
    }

    // MARK: Rounds

    /// One round. Not private, so that tests need not wait for it.
    package func round() async { await TenantTurn.waived { await checkAll() } }

    private func checkAll() async {
        let keys = noted.withLock { noted in
            defer { noted = [] }
            return noted
        }
        // While a restore is running, batches can lack tasks and would appear complete or empty.
        do {
            if !keys.isEmpty, try await batches.restoring() != nil { return put(back: keys) }
        } catch {
            logger.debug("batches not read, will be retried", metadata: ["error": "\(error)"])
            return put(back: keys)
        }
        for key in keys {
            let isDone = await step(key.batch) {
                if let batch = try await batches.batch(key.batch, of: key.tenant) { try await check(batch) }
            }
            if !isDone { note(key.batch, of: key.tenant) }
        }
        do {
            let due = try await batches.dueBatches(limit: Self.dueLimit)
            guard !due.isEmpty, try await batches.restoring() == nil else { return }
            for batch in due where await !step(batch.id, { try await check(batch) }) {
                // What cannot be checked must not stay in front of the batches for which there was no room.
                if due.count == Self.dueLimit { await retryLater(batch) }
            }
        } catch {
            logger.debug("due batches not read, will be retried", metadata: ["error": "\(error)"])
        }
    }

    private func retryLater(_ batch: Batch) async {
        await step(batch.id) { try await postpone(batch, until: try await batches.batchTime() + Self.retryPause) }
    }

    private func put(back keys: Set<BatchKey>) {
        for key in keys { note(key.batch, of: key.tenant) }
    }

    /// - Returns: whether `body` succeeded.
    @discardableResult private func step(_ batch: BatchID, _ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return true
        } catch is CancellationError {
            return false
        } catch {
            logger.warning("batch not checked, will be retried", metadata: ["batch": "\(batch)", "error": "\(error)"])
            return false
        }
    }

    private func check(_ batch: Batch) async throws {
        let now = try await batches.batchTime()
        switch batch.state {
        case .open:
            if batch.due <= now { try await closeIfIdle(batch, now) }
        case .closed:
            if try await !batches.hasOpenTask(batch) {
                try await complete(batch, now)
            } else if batch.due <= now {
                try await postpone(batch, until: batch.nextCheck(after: now))
            }
        case .completed:
            guard batch.due <= now else { return }
            if batch.isMissingWebhooks, try await finishWebhooks(batch, now) { return }
            guard batch.toldAt != nil else {
                return try await report(batch, try await batches.counts(of: batch.id, of: batch.tenant), now)
            }
            guard !batch.isMissingWebhooks else { return try await postpone(batch, until: batch.nextWebhookCheck(after: now)) }
            guard try await batches.newestTask(of: batch) == nil else {
                return try await postpone(batch, until: now + Batch.emptyLife)
            }
            if try await batches.remove(batch) { logger.info("batch without tasks removed", metadata: ["batch": "\(batch.id)"]) }
        }
    }

    private func closeIfIdle(_ batch: Batch, _ now: Timestamp) async throws {
        let newest = try await batches.newestTask(of: batch)?.createdAt ?? batch.createdAt
        let end = max(newest, batch.createdAt) + settings.idleLimit
        guard end <= now else { return try await postpone(batch, until: end) }
        var closed = batch
        guard closed.close(at: now), try await batches.replace(closed) else { return }
        logger.info("idle batch closed", metadata: ["batch": "\(batch.id)"])
        try await check(closed)
    }

    /// If another replica has changed the batch in the meantime, it has also set the next check.
    private func postpone(_ batch: Batch, until time: Timestamp) async throws {
        var later = batch
        later.postpone(until: time)
        _ = try await batches.replace(later)
    }

    private func complete(_ closed: Batch, _ now: Timestamp) async throws {
        var batch = closed
        guard batch.complete(at: now) else { return }
        let counts = try await batches.counts(of: batch.id, of: batch.tenant)
        // A task was replayed after the check, or was added too late and is about to be removed.
        guard counts.pending + counts.processing == 0 else { return try await postpone(closed, until: closed.nextCheck(after: now)) }
        if try await !notifyWebhooks(of: batch, counts, now) {
            batch = closed
            _ = batch.complete(at: now, isMissingWebhooks: true)
        }
        // If this replica stops before this point, the next check repeats everything.
        guard try await batches.replace(batch) else { return }
        logger.info("batch completed", metadata: ["batch": "\(batch.id)"])
        try await report(batch, counts, now)
    }

    /// - Parameter end: only endpoints that were created until then; nil for all.
    /// - Returns: false if there are endpoints that only a newer version can read.
    private func notifyWebhooks(
        of batch: Batch, _ counts: BatchCounts, _ now: Timestamp, createdUntil end: Timestamp? = nil
    ) async throws -> Bool {
        let found = try await webhooks.webhooks(of: batch.tenant)
        let endpoints = found.endpoints.filter { endpoint in
            endpoint.isEnabled && endpoint.events.contains(.batchCompleted) && end.map { endpoint.createdAt <= $0 } ?? true
        }
        let completed = CompletedBatch(batch, counts)
        for endpoint in endpoints { try await webhooks.add(WebhookDelivery(completed, to: endpoint, at: now)) }
        if !endpoints.isEmpty { wake() }
        return found.isComplete
    }

    /// Notifies the endpoints of a completed batch that the version that has completed it could not read.
    ///
    /// - Returns: whether none is left; then the batch has been checked again.
    private func finishWebhooks(_ batch: Batch, _ now: Timestamp) async throws -> Bool {
        if let completedAt = batch.completedAt, !WebhookDelivery.isTooLate(for: completedAt, at: now) {
            let counts = try await batches.counts(of: batch.id, of: batch.tenant)
            guard try await notifyWebhooks(of: batch, counts, now, createdUntil: completedAt) else { return false }
        }
        var ended = batch
        ended.endWebhooks(at: now)
        if try await batches.replace(ended) { try await check(ended) }
        return true
    }

    /// Reports a batch to auth, which mails its creator. If auth is down, other batches do not wait for this one: after a report has
    /// failed, which may take seconds, they are not reported until the next interval, and then before it.
    private func report(_ completed: Batch, _ counts: BatchCounts, _ now: Timestamp) async throws {
        var batch = completed
        let pause = pauseOfReports(at: now)
        do {
            guard pause == nil else { throw PixelFlowError.unavailable("auth") }
            try await mail.report(batch, counts)
        } catch let error where !(error is CancellationError) {
            guard let completedAt = batch.completedAt, now < completedAt + Self.reportTimeLimit else {
                logger.error("mail about a batch not sent", metadata: ["batch": "\(batch.id)", "error": "\(error)"])
                batch.markTold(at: now)
                _ = try await batches.replace(batch)
                return
            }
            if let pause { return try await postpone(batch, until: pause) }
            failedReport.withLock { $0 = now }
            try await postpone(batch, until: now + Self.reportInterval)
            throw error
        }
        batch.markTold(at: now)
        _ = try await batches.replace(batch)
    }

    /// The end of the pause after a failed report, just before that report is repeated; nil if there is none.
    private func pauseOfReports(at now: Timestamp) -> Timestamp? {
        let pause = Self.reportInterval - Self.interval
        return failedReport.withLock { $0 }.flatMap { now.age(since: $0) < pause ? $0 + pause : nil }
    }
}
