import Conformance
import Foundation
import Logging
import PixelFlowAPI
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import Synchronization
import TestSupport
import Testing

/// When batches are closed, completed, reported and removed, with any number of replicas and kills.
@Suite struct BatchWatchTests {
    private static let tenant = TenantID("tenant")
    private let clock = ManualClock()
    private let store: SQLiteTaskStore
    private let watch: BatchWatch
    private let desk = RecordingDesk()
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock)
        watch = Self.watch(store, store, desk)
    }

    private static func watch(_ store: SQLiteTaskStore, _ webhooks: any WebhookOwnerStore, _ desk: RecordingDesk) -> BatchWatch {
        BatchWatch(
            batches: store, webhooks: webhooks, mail: BatchMail(desk: desk, tasks: store), events: InProcessTaskEvents(),
            settings: BatchSettings(idleLimit: .seconds(3600)), logger: Logger(label: "test"))
    }

    @Test func aBatchIsCompletedWhenItIsClosedAndItsTasksHaveEnded() async throws {
        let (hook, other) = (try await endpoint([.batchCompleted]), try await endpoint([.taskCompleted]))
        let batch = try await batch()
        let tasks = [try await task(batch), try await task(batch)]
        _ = try await store.cancel(tasks[0].id, of: Self.tenant)
        _ = try await store.close(batch.id, of: Self.tenant)
        await look(batch)
        #expect(try await state(batch) == .closed)
        _ = try await store.cancel(tasks[1].id, of: Self.tenant)
        await look(batch)
        #expect(try await state(batch) == .completed)
        let told = try await deliveries(to: hook)
        #expect(told.map(\.id.rawValue) == ["msg_batch_\(batch.id)_\(hook.id)"])
        guard case .batch(let completed)? = told.first?.payload else {
            Issue.record("no mail about the batch")
            return
        }
        #expect(completed.counts == BatchCounts([.cancelled: 2]))
        #expect(try await deliveries(to: other).isEmpty)
        #expect(
            desk.batches == [
                EndedBatch(
                    id: batch.id.rawValue, organisation: batch.tenant, owner: batch.owner, description: "",
                    ended: EndedTasks(cancelled: 2))
            ])
    }

    @Test func theMailAboutABatchReportsItsFailures() async throws {
        let batch = try await batch()
        for _ in 0..<7 {
            let task = try #require(try await store.claim(try await task(batch).id, by: WorkerID("worker")))
            let failure = TaskFailure(error: TaskError(code: "not_an_image", message: "No."), retry: .permanent)
            _ = try await store.fail(task.claim, with: failure)
        }
        _ = try await store.close(batch.id, of: Self.tenant)
        await watch.round()
        #expect(desk.batches.map(\.ended.failed) == [7])
        #expect(desk.batches.first?.ended.failures.map(\.code) == Array(repeating: "not_an_image", count: 5))
        #expect(desk.batches.first?.ended.failures.first?.name == "https://example.com/a.jpg")
    }

    @Test func noNotificationIsLostWhileAuthIsDown() async throws {
        let batch = try await batch()
        _ = try await store.close(batch.id, of: Self.tenant)
        desk.isAway.store(true, ordering: .relaxed)
        await watch.round()
        // Neither its state nor other batches wait for the mail.
        #expect(try await state(batch) == .completed)
        #expect(try await store.dueBatches(limit: 10).isEmpty)
        desk.isAway.store(false, ordering: .relaxed)
        await watch.round()
        #expect(desk.batches.isEmpty)
        clock.advance(by: .seconds(60))
        await watch.round()
        await watch.round()
        #expect(desk.batches.map(\.id) == [batch.id.rawValue])
    }

    @Test func anAuthWithoutBatchesIsRetriedForADay() async throws {
        let batch = try await batch()
        _ = try await store.close(batch.id, of: Self.tenant)
        desk.isAway.store(true, ordering: .relaxed)
        await watch.round()
        clock.advance(by: .seconds(86_400))
        await watch.round()
        desk.isAway.store(false, ordering: .relaxed)
        clock.advance(by: Batch.emptyLife)
        await watch.round()
        #expect(desk.batches.isEmpty)
        #expect(try await state(batch) == nil)
    }

    /// An auth that hangs takes seconds for each report, which other batches would wait for.
    @Test func anAuthThatFailsIsAskedOnceInAnInterval() async throws {
        let hook = try await endpoint([.batchCompleted])
        var ids: [BatchID] = []
        for _ in 0..<5 {
            let batch = try await batch()
            ids.append(batch.id)
            _ = try await store.close(batch.id, of: Self.tenant)
        }
        desk.isAway.store(true, ordering: .relaxed)
        await watch.round()
        #expect(desk.asked == 1)
        #expect(try await deliveries(to: hook).count == 5)
        clock.advance(by: .seconds(58))
        await watch.round()
        #expect(desk.asked == 1)
        clock.advance(by: .seconds(2))
        await watch.round()
        #expect(desk.asked == 2)
        clock.advance(by: .seconds(60))
        desk.isAway.store(false, ordering: .relaxed)
        await watch.round()
        #expect(Set(desk.batches.map(\.id)) == Set(ids.map(\.rawValue)))
        #expect(desk.batches.count == 5)
    }

    @Test func aReportThatAlwaysFailsHoldsUpNoOther() async throws {
        var ids: [BatchID] = []
        for _ in 0..<4 {
            let batch = try await batch()
            ids.append(batch.id)
            _ = try await store.close(batch.id, of: Self.tenant)
        }
        desk.refused.withLock { [id = ids[0]] in $0 = id.rawValue }
        for _ in 0..<4 {
            await watch.round()
            clock.advance(by: .seconds(60))
        }
        #expect(Set(desk.batches.map(\.id)) == Set(ids.dropFirst().map(\.rawValue)))
    }

    @Test func aBatchIsLeftAloneUntilARestoreIsComplete() async throws {
        try await store.beginRestore(of: "backup")
        let batch = try await batch()
        _ = try await store.close(batch.id, of: Self.tenant)
        await look(batch)
        #expect(try await state(batch) == .closed)
        try await store.finishRestore(of: "backup")
        await watch.round()
        #expect(try await state(batch) == .completed)
    }

    @Test func anOpenBatchIsNotCompleted() async throws {
        let batch = try await batch()
        _ = try await store.cancel(try await task(batch).id, of: Self.tenant)
        await look(batch)
        #expect(try await state(batch) == .open)
    }

    @Test func anEmptyBatchIsCompletedOnceItIsClosed() async throws {
        let hook = try await endpoint([.batchCompleted])
        let batch = try await batch()
        _ = try await store.close(batch.id, of: Self.tenant)
        await watch.round()
        #expect(try await state(batch) == .completed)
        #expect(try await deliveries(to: hook).count == 1)
    }

    /// No one has received the event: the replica that would have was killed.
    @Test(arguments: [true, false]) func anUnreportedCompletionIsFound(isDeletion: Bool) async throws {
        let hook = try await endpoint([.batchCompleted])
        let batch = try await batch()
        let task = try await task(batch)
        _ = try await store.close(batch.id, of: Self.tenant)
        await watch.round()
        clock.advance(by: .seconds(3000))
        await watch.round()
        _ = try await isDeletion ? store.delete(task.id, of: Self.tenant) : store.cancel(task.id, of: Self.tenant)
        await watch.round()
        #expect(try await state(batch) == .closed)
        // However long ago it was closed.
        clock.advance(by: .seconds(60))
        await watch.round()
        #expect(try await state(batch) == .completed)
        #expect(try await deliveries(to: hook).count == 1)
    }

    @Test func oneOfManyReplicasSendsTheNotification() async throws {
        let hooks = [try await endpoint([.batchCompleted]), try await endpoint([.batchCompleted])]
        let batch = try await batch()
        _ = try await store.cancel(try await task(batch).id, of: Self.tenant)
        _ = try await store.close(batch.id, of: Self.tenant)
        let replicas = (0..<8).map { _ in Self.watch(store, store, desk) }
        await withTaskGroup(of: Void.self) { group in
            for replica in replicas { group.addTask { await replica.round() } }
        }
        for hook in hooks { #expect(try await deliveries(to: hook).count == 1) }
    }

    @Test(arguments: [0, 1, 2]) func aNotificationInterruptedByAKillIsRepeated(after deliveries: Int) async throws {
        let hooks = [try await endpoint([.batchCompleted]), try await endpoint([.batchCompleted])]
        let batch = try await batch()
        _ = try await store.close(batch.id, of: Self.tenant)
        await Self.watch(store, FailingWebhooks(store, after: deliveries), desk).round()
        if deliveries < hooks.count { #expect(try await state(batch) == .closed) }
        let first = try await self.deliveries(to: hooks[0])
        await watch.round()
        #expect(try await state(batch) == .completed)
        for hook in hooks { #expect(try await self.deliveries(to: hook).count == 1) }
        // The first deliveries are not changed.
        if !first.isEmpty { #expect(try await self.deliveries(to: hooks[0]) == first) }
    }

    @Test func anEndpointThatOnlyANewerVersionReadsIsNotifiedByThatVersion() async throws {
        let (known, newer) = (try await endpoint([.batchCompleted]), try await endpoint([.batchCompleted]))
        let older = Self.watch(store, FailingWebhooks(store, hiding: [newer.id]), desk)
        let batch = try await batch()
        _ = try await store.close(batch.id, of: Self.tenant)
        await older.round()
        // Neither its state, nor the mail, nor other endpoints wait.
        #expect(try await state(batch) == .completed)
        #expect(desk.batches.count == 1)
        #expect(try await deliveries(to: known).count == 1)
        let first = try await deliveries(to: known)
        clock.advance(by: Batch.emptyLife)
        let late = try await endpoint([.batchCompleted])
        await older.round()
        #expect(try await deliveries(to: newer).isEmpty)
        // Within 10 minutes after that version is back.
        clock.advance(by: .seconds(600))
        await watch.round()
        #expect(try await deliveries(to: newer).map(\.id.rawValue) == ["msg_batch_\(batch.id)_\(newer.id)"])
        #expect(try await deliveries(to: known) == first)
        #expect(try await deliveries(to: late).isEmpty)
        #expect(desk.batches.count == 1)
        clock.advance(by: Batch.emptyLife)
        await watch.round()
        #expect(try await state(batch) == nil)
    }

    @Test func anEndpointThatOnlyANewerVersionReadsIsNotifiedOnceAuthRespondsAsWell() async throws {
        let newer = try await endpoint([.batchCompleted])
        let older = Self.watch(store, FailingWebhooks(store, hiding: [newer.id]), desk)
        let batch = try await batch()
        _ = try await store.close(batch.id, of: Self.tenant)
        desk.isAway.store(true, ordering: .relaxed)
        await older.round()
        clock.advance(by: .seconds(60))
        await watch.round()
        #expect(try await deliveries(to: newer).count == 1)
        desk.isAway.store(false, ordering: .relaxed)
        clock.advance(by: .seconds(60))
        await older.round()
        #expect(desk.batches.map(\.id) == [batch.id.rawValue])
        #expect(try await deliveries(to: newer).count == 1)
    }

    @Test func aBatchWaitsForANewerVersionAsLongAsDeliveriesAreKept() async throws {
        let newer = try await endpoint([.batchCompleted])
        let older = Self.watch(store, FailingWebhooks(store, hiding: [newer.id]), desk)
        let batch = try await batch()
        _ = try await store.close(batch.id, of: Self.tenant)
        await older.round()
        clock.advance(by: WebhookDelivery.retention)
        await older.round()
        #expect(try await store.batch(batch.id, of: batch.tenant)?.isMissingWebhooks == true)
        clock.advance(by: .seconds(600))
        // A day without tasks has passed as well.
        await older.round()
        #expect(try await store.batch(batch.id, of: batch.tenant)?.isMissingWebhooks != true)
        await watch.round()
        #expect(try await deliveries(to: newer).isEmpty)
        clock.advance(by: Batch.emptyLife)
        await watch.round()
        #expect(try await state(batch) == nil)
    }

    @Test func aReplayOfACompletedBatchSendsNothing() async throws {
        let hook = try await endpoint([.batchCompleted])
        let batch = try await batch()
        let task = try #require(try await store.claim(try await task(batch).id, by: WorkerID("worker")))
        let failure = TaskFailure(error: TaskError(code: "not_an_image", message: "No."), retry: .permanent)
        _ = try await store.fail(task.claim, with: failure)
        _ = try await store.close(batch.id, of: Self.tenant)
        await watch.round()
        let told = try await deliveries(to: hook)
        _ = try await store.replay(task.id, of: Self.tenant)
        _ = try await store.cancel(task.id, of: Self.tenant)
        await look(batch)
        #expect(try await state(batch) == .completed)
        #expect(try await deliveries(to: hook) == told)
        #expect(told.count == 1)
    }

    @Test func anIdleBatchIsClosed() async throws {
        let batch = try await batch()
        await watch.round()
        clock.advance(by: .seconds(3000))
        let task = try await task(batch)
        await watch.round()
        clock.advance(by: .seconds(3599))
        await watch.round()
        #expect(try await state(batch) == .open)
        clock.advance(by: .seconds(1))
        await watch.round()
        #expect(try await state(batch) == .closed)
        _ = try await store.cancel(task.id, of: Self.tenant)
        await look(batch)
        #expect(try await state(batch) == .completed)
    }

    @Test func dueBatchesThatCannotBeCheckedDelayNoOther() async throws {
        _ = try await endpoint([.batchCompleted])
        for _ in 0..<201 {
            let batch = try await batch()
            _ = try await store.close(batch.id, of: Self.tenant)
            clock.advance(by: .milliseconds(1))
        }
        let failing = Self.watch(store, FailingWebhooks(store, after: 0), desk)
        await failing.round()
        #expect(try await store.dueBatches(limit: 300).count == 1)
        clock.advance(by: .seconds(31))
        for _ in 0..<2 { await watch.round() }
        #expect(desk.batches.count == 201)
    }

    @Test func aCompletedBatchIsDeletedADayAfterItsTasks() async throws {
        let batch = try await batch()
        let task = try await task(batch)
        _ = try await store.cancel(task.id, of: Self.tenant)
        _ = try await store.close(batch.id, of: Self.tenant)
        await watch.round()
        clock.advance(by: Batch.emptyLife)
        await watch.round()
        #expect(try await state(batch) == .completed)
        _ = try await store.delete(task.id, of: Self.tenant)
        clock.advance(by: Batch.emptyLife - .seconds(1))
        await watch.round()
        #expect(try await state(batch) == .completed)
        clock.advance(by: .seconds(1))
        await watch.round()
        #expect(try await state(batch) == nil)
    }

    // MARK: Parts

    /// Checks the batch as after the event of a task's end.
    private func look(_ batch: Batch) async {
        watch.note(batch.id, of: batch.tenant)
        await watch.round()
    }

    private func batch() async throws -> Batch {
        let batch = Batch(id: .make(at: clock.now()), tenant: Self.tenant, owner: UserID("user"), createdAt: clock.now())
        try await store.add(batch)
        return batch
    }

    private func task(_ batch: Batch) async throws -> TaskRecord {
        let task = TaskRecord(
            id: .make(at: clock.now()), tenant: Self.tenant, owner: UserID("user"), source: .url("https://example.com/a.jpg"),
            pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), batch: batch.id, fingerprint: "print", requestID: "request",
            createdAt: clock.now())
        _ = try await store.create(task)
        return task
    }

    private func endpoint(_ events: Set<WebhookEvent>) async throws -> WebhookEndpoint {
        let endpoint = WebhookEndpoint(
            id: .make(at: clock.now()), tenant: Self.tenant, url: "https://example.com/hook", events: events, createdAt: clock.now())
        _ = try await store.add(endpoint)
        return endpoint
    }

    private func deliveries(to endpoint: WebhookEndpoint) async throws -> [WebhookDelivery] {
        try await store.deliveries(WebhookDeliveryQuery(endpoint.queue))
    }

    private func state(_ batch: Batch) async throws -> Batch.State? { try await store.batch(batch.id, of: batch.tenant)?.state }
}

/// Records reports.
private final class RecordingDesk: TaskMailDesk {
    let isAway = Atomic(false)
    /// The id of a batch that is never reported.
    let refused = Mutex<String?>(nil)
    private let reports = Atomic(0)
    private let state = Mutex<[EndedBatch]>([])

    var batches: [EndedBatch] { state.withLock { $0 } }
    /// The number of reports, whether or not they failed.
    var asked: Int { reports.load(ordering: .relaxed) }

    func claimDigests() async throws -> [DigestRequest] { [] }
    func report(_ digests: [TaskDigest]) async throws {}

    func report(_ batches: [EndedBatch]) async throws {
        reports.add(1, ordering: .relaxed)
        let isRefused = refused.withLock { refused in batches.contains { $0.id == refused } }
        if isRefused || isAway.load(ordering: .relaxed) { throw PixelFlowError.unavailable("auth") }
        state.withLock { $0 += batches }
    }
}

/// Stores a number of deliveries and then none, as if its process had been killed. Cannot read some endpoints, as if a newer version had
/// written them.
private final class FailingWebhooks: WebhookOwnerStore {
    private let store: any WebhookOwnerStore
    private let limit: Int
    private let hidden: Set<WebhookID>

    init(_ store: any WebhookOwnerStore, after limit: Int = .max, hiding hidden: Set<WebhookID> = []) {
        self.store = store
        self.limit = limit
        self.hidden = hidden
    }

    func add(_ delivery: WebhookDelivery) async throws {
        let stored = try await store.webhooks(of: delivery.tenant).endpoints.asyncMap {
            try await store.deliveries(WebhookDeliveryQuery($0.queue)).count
        }
        guard stored.reduce(0, +) < limit else { throw PixelFlowError.unavailable("task_database") }
        try await store.add(delivery)
    }

    var webhookPropagationTime: Duration { store.webhookPropagationTime }
    func webhooks(of tenant: TenantID) async throws -> ReadableEndpoints {
        ReadableEndpoints(try await store.webhooks(of: tenant).endpoints.map { hidden.contains($0.id) ? nil : $0 })
    }
    func webhook(_ id: WebhookID, of tenant: TenantID) async throws -> WebhookEndpoint? { try await store.webhook(id, of: tenant) }
    func add(_ endpoint: WebhookEndpoint) async throws -> Bool { try await store.add(endpoint) }
    func replace(_ endpoint: WebhookEndpoint) async throws -> Bool { try await store.replace(endpoint) }
    func removeWebhook(_ id: WebhookID, of tenant: TenantID) async throws -> Bool { try await store.removeWebhook(id, of: tenant) }
    func removeWebhooks(of tenant: TenantID, limit: Int) async throws -> Int {
        try await store.removeWebhooks(of: tenant, limit: limit)
    }
    func removeDeliveries(of tenant: TenantID, limit: Int) async throws -> Int {
        try await store.removeDeliveries(of: tenant, limit: limit)
    }
    func delivery(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery? {
        try await store.delivery(id, to: queue)
    }
    func deliveries(_ query: WebhookDeliveryQuery) async throws -> [WebhookDelivery] { try await store.deliveries(query) }
    func replay(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery? { try await store.replay(id, to: queue) }
    func replayFailed(to queue: WebhookQueue, since time: Timestamp, limit: Int) async throws -> Int {
        try await store.replayFailed(to: queue, since: time, limit: limit)
    }
}
