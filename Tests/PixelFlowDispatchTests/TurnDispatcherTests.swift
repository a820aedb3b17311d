import Conformance
import Deadlines
import PixelFlowCore
import PixelFlowEmbedded
import Prometheus
import TestSupport
import Testing

@testable import PixelFlowDispatch

/// Organisations take turns, with the embedded store and broker.
@Suite struct TurnDispatcherTests {
    let folder: TemporaryFolder
    let clock = ManualClock()
    let store: SQLiteTaskStore
    let turns: TurnDispatcher

    static let bulk = TenantID("bulk")
    static let other = TenantID("other")

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock)
        let events = InProcessTaskEvents()
        let publisher = OutboxPublisher(
            store: store, broker: InProcessBroker(), events: events, logger: silent, metrics: PrometheusRegistry())
        turns = TurnDispatcher(store: store, events: events, publisher: publisher, logger: silent, metrics: PrometheusRegistry())
    }

    /// Adds a task like api.
    @discardableResult
    private func add(of tenant: TenantID, lane: Lane = .normal) async throws -> TaskRecord {
        clock.advance(by: .milliseconds(1))
        var task = Sample.task(at: clock.now(), tenant: tenant, lane: lane)
        task.dispatch.isHeld = !turns.mayPass(lane, of: tenant)
        guard case .created(let stored) = try await store.create(task) else { throw CancellationError() }
        if stored.dispatch.isHeld { turns.noteHeld([stored]) }
        return stored
    }

    private func underWay(_ tenant: TenantID, lane: Lane = .normal) async throws -> Int {
        try await store.occupancy().shares[HeldQueue(lane: lane, tenant: tenant)]?.total ?? 0
    }

    @Test func aFewTasksAreDispatchedAndTheRestIsHeld() async throws {
        for _ in 0..<50 { try await add(of: Self.bulk) }
        #expect(try await underWay(Self.bulk) == DispatchWindow.Limits().least)
        #expect(try await store.heldQueues(limit: 10) == [HeldQueue(lane: .normal, tenant: Self.bulk)])
    }

    @Test func anotherOrganisationIsDispatchedDuringAFlood() async throws {
        for _ in 0..<50 { try await add(of: Self.bulk) }
        _ = try await turns.round()
        #expect(try await add(of: Self.other).dispatch.isHeld == false)
        // Each lane has its own queue.
        #expect(try await add(of: Self.bulk, lane: .high).dispatch.isHeld == false)
    }

    @Test func tasksOfOneOrganisationKeepTheirOrder() async throws {
        var ids: [TaskID] = []
        for _ in 0..<30 { ids.append(try await add(of: Self.bulk).id) }
        var taken: [TaskID] = []
        while taken.count < ids.count {
            let waiting = try await store.waiting(longerThan: .zero, limit: 100)
            for id in waiting where try await store.claim(id, by: WorkerID("worker")) != nil { taken.append(id) }
            if waiting.isEmpty { break }
            _ = try await turns.round()
        }
        #expect(taken == ids)
    }

    @Test func twoFloodsShareEquallyWhateverTheOrder() async throws {
        for _ in 0..<200 { try await add(of: Self.bulk) }
        for _ in 0..<200 { try await add(of: Self.other) }
        var done: [TenantID: Int] = [:]
        // Workers take sent messages in no particular order, because they read partitions concurrently.
        var random = SeededGenerator(seed: 1)
        // bounded: by the number of rounds.
        for _ in 0..<60 {
            _ = try await turns.round()
            for id in try await store.waiting(longerThan: .zero, limit: 1000).shuffled(using: &random).prefix(4) {
                guard let task = try await store.claim(id, by: WorkerID("worker")) else { continue }
                _ = try await store.complete(task.claim, with: Manifest(sourceMetadata: Sample.metadata, outputs: []))
                done[task.tenant, default: 0] += 1
            }
            clock.advance(by: .milliseconds(50))
        }
        let (first, second) = (done[Self.bulk] ?? 0, done[Self.other] ?? 0)
        #expect(first + second > 200)
        #expect(abs(first - second) <= 24, "\(first) and \(second)")
    }

    @Test func aSingleOrganisationGetsTheWholeWindow() async throws {
        for _ in 0..<100 { try await add(of: Self.bulk) }
        var sent = 0
        for _ in 0..<100 where sent < 100 {
            sent += try await turns.round()
            for id in try await store.waiting(longerThan: .zero, limit: 100) {
                _ = try await store.claim(id, by: WorkerID("worker"))
            }
        }
        #expect(try await store.heldQueues(limit: 10) == [])
        #expect(try await underWay(Self.bulk) == 100)
    }

    @Test func aRoundDispatchesALimitedNumberOfDueTasks() async throws {
        let tasks = (0..<40).map { _ in Sample.task(at: clock.now(), tenant: Self.bulk, lane: .normal) }
        let (now, later) = turns.split(tasks + [Sample.task(at: clock.now(), tenant: Self.other, lane: .normal)])
        #expect(now.count == TurnDispatcher.dueLimit + 1)
        #expect(later.count == 40 - TurnDispatcher.dueLimit)
        #expect(later.allSatisfy { $0.tenant == Self.bulk })
    }
}
