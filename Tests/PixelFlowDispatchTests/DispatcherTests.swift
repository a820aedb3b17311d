import Conformance
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import Prometheus
import ServiceLifecycle
import TestSupport
import Testing

/// A task that fails or hangs blocks no other, and is retried with growing delays.
@Suite struct DispatcherTests {
    let folder: TemporaryFolder
    let clock = ManualClock()
    let store: SQLiteTaskStore
    let blobs: StubbornBlobStore
    let broker = PickyBroker()
    let publisher: OutboxPublisher
    let dispatcher: Dispatcher
    let registry = PrometheusRegistry()

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock)
        blobs = StubbornBlobStore(try FileBlobStore(path: folder.path + "/blobs"))
        publisher = OutboxPublisher(store: store, broker: broker, events: InProcessTaskEvents(), logger: silent, metrics: registry)
        dispatcher = Dispatcher(
            store: store, broker: broker, blobs: blobs, publisher: publisher, clock: clock, logger: silent, metrics: registry)
    }

    private func add(_ count: Int) async throws -> [TaskRecord] {
        var tasks: [TaskRecord] = []
        for _ in 0..<count {
            clock.advance(by: .milliseconds(1))
            let task = Sample.task(at: clock.now())
            try await blobs.write(.upload(task.id, tenant: task.tenant), bytes: ByteBuffer(string: "bytes"))
            _ = try await store.create(task)
            tasks.append(task)
        }
        return tasks
    }

    private func addDeleted(_ count: Int) async throws -> [TaskRecord] {
        let tasks = try await add(count)
        for task in tasks { _ = try await store.delete(task.id, of: task.tenant) }
        return tasks
    }

    private func left() async throws -> [TaskID] { try await store.deleted(limit: 1000).map(\.id) }

    @Test func aFailedRemovalDelaysNoOther() async throws {
        let tasks = try await addDeleted(10)
        blobs.set(.failing, for: tasks[0].blobPrefix)
        blobs.set(.failing, for: tasks[4].blobPrefix)
        await dispatcher.sweep()
        #expect(try await left() == [tasks[0].id, tasks[4].id])
        #expect(try await blobs.keys(BlobKey(rawValue: "tenant")).count == 2)
        let page = registry.page(claiming: ["removals_", "dispatcher_"]).text()
        #expect(String(decoding: page, as: UTF8.self).contains(#"removals_total{outcome="removed"} 8"#))
        #expect(String(decoding: page, as: UTF8.self).contains(#"dispatcher_failing_tasks{step="remove_deleted"} 2"#))
        blobs.set(nil, for: tasks[0].blobPrefix)
        blobs.set(nil, for: tasks[4].blobPrefix)
        clock.advance(by: .seconds(6))
        await dispatcher.sweep()
        #expect(try await left() == [])
    }

    /// More than one page of tasks that are older than the one that can be removed.
    @Test func anyNumberOfFailingRemovalsIsSkipped() async throws {
        let failing = try await addDeleted(620)
        for task in failing { blobs.set(.failing, for: task.blobPrefix) }
        let last = try await addDeleted(1)
        for _ in 0..<2 { await dispatcher.sweep() }
        #expect(try await !left().contains(last[0].id))
        #expect(try await left().count == 620)
    }

    @Test(.timeLimit(.minutes(2))) func aHangingRemovalDelaysNoOther() async throws {
        let tasks = try await addDeleted(40)
        for task in tasks.prefix(20) { blobs.set(.hanging, for: task.blobPrefix) }
        await dispatcher.sweep()
        #expect(try await left() == tasks.prefix(20).map(\.id))
        // Work that hangs is not started twice.
        clock.advance(by: .seconds(600))
        await dispatcher.sweep()
        #expect(tasks.prefix(20).allSatisfy { blobs.tries($0.blobPrefix) == 1 })
        blobs.letGo()
        for task in tasks.prefix(20) { blobs.set(nil, for: task.blobPrefix) }
    }

    @Test func aFailedRemovalIsRetriedWithGrowingDelays() async throws {
        let task = try await addDeleted(1)[0]
        blobs.set(.failing, for: task.blobPrefix)
        // An hour of rounds, one per second.
        for _ in 0..<3600 {
            clock.advance(by: .seconds(1))
            await dispatcher.sweep()
        }
        // 5, 10, 20, … 300 s, each shortened by up to a half: between 16 and 32 attempts.
        #expect((14...34).contains(blobs.tries(task.blobPrefix)), "\(blobs.tries(task.blobPrefix)) tries")
    }

    @Test func aFailedDeadLetterDelaysNoOther() async throws {
        let tasks = try await add(3)
        broker.refuse(tasks[1].id)
        try await running {
            for task in tasks {
                let claimed = try requireValue(try await store.claim(task.id, by: WorkerID("w")), "not claimed")
                let failure = TaskFailure(error: TaskError(code: "not_an_image", message: "No."), retry: .permanent)
                publisher.publish(try requireValue(try await store.fail(claimed.claim, with: failure), "not failed"))
            }
            clock.advance(by: .milliseconds(1))
            _ = try await eventually("the other two to be acknowledged") {
                try await store.unpublished(olderThan: .zero, limit: 10).map(\.id) == [tasks[1].id] ? true : nil
            }
            #expect(Set(broker.letters) == [tasks[0].id, tasks[2].id])
            let tries = broker.tries(tasks[1].id)
            // A minute of rounds, one per second: resent after 5, 10, 20 s or slightly earlier, not 55 times.
            for _ in 0..<60 {
                clock.advance(by: .seconds(1))
                await dispatcher.sweep()
            }
            _ = try await eventually("the dead letter to be sent again") { broker.tries(tasks[1].id) > tries ? true : nil }
            #expect(broker.tries(tasks[1].id) - tries <= 8)
            broker.accept(tasks[1].id)
            clock.advance(by: .seconds(600))
            await dispatcher.sweep()
            _ = try await eventually("the last one to be acknowledged") {
                try await store.unpublished(olderThan: .zero, limit: 10).isEmpty ? true : nil
            }
            #expect(broker.letters.contains(tasks[1].id))
        }
    }

    /// Runs `body` concurrently with the publisher.
    private func running(_ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: [publisher], logger: silent)
        let running = Task { try await group.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await within(.seconds(30), "the publisher to stop") { try await running.value }
    }
}
