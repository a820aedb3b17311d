import Conformance
import PixelFlowCore
import Testing

@testable import PixelFlowMongo

/// Tasks that processes of an earlier version have written, which may still run beside this one.
@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct EarlierDocumentsTests {
    private typealias Name = TaskDocument.Name

    private func change(_ ids: [TaskID], _ change: BSONDocument, in store: MongoTaskStore) async throws {
        for id in ids {
            let statement = BSONDocument.statement(where: [Name.id: .string(id.rawValue)], change)
            #expect(try await store.tasks.update(.change, [statement]) == 1)
        }
    }

    private func addCancelled(to store: MongoTaskStore, _ clock: ManualClock) async throws -> TaskRecord {
        clock.advance(by: .seconds(1))
        let task = try await store.add()
        return try #require(try await store.cancel(task.id, of: Sample.tenant))
    }

    @Test func eventsOfEarlierTasksArePublishedInOrder() async throws {
        try await TestDatabase.with { database in
            let clock = ManualClock(start: SystemClock().now())
            let store = try database.store(clock: clock)
            var tasks: [TaskRecord] = []
            for _ in 0..<4 { tasks.append(try await addCancelled(to: store, clock)) }
            try await change([tasks[0].id, tasks[2].id], ["$unset": ["outbox_since": 1]], in: store)
            clock.advance(by: .seconds(1))
            #expect(try await store.unpublished(olderThan: .zero, limit: 3).map(\.id) == tasks.prefix(3).map(\.id))
            let position = TimelinePosition(time: try #require(tasks[1].outbox.first?.at), task: tasks[1].id)
            #expect(try await store.unpublished(olderThan: .zero, after: position, limit: 3).map(\.id) == tasks.suffix(2).map(\.id))
        }
    }

    /// An earlier process removes the events, but not their time.
    @Test func anEmptiedOutboxIsNotFound() async throws {
        try await TestDatabase.with { database in
            let clock = ManualClock(start: SystemClock().now())
            let store = try database.store(clock: clock)
            let task = try await addCancelled(to: store, clock)
            try await change([task.id], ["$pull": ["outbox": ["id": .string(task.outbox[0].id)]]], in: store)
            clock.advance(by: .seconds(1))
            #expect(try await store.unpublished(olderThan: .zero, limit: 3).isEmpty)
        }
    }

    @Test func thePlaceOfATaskIsThatOfItsFirstRemainingEvent() async throws {
        try await TestDatabase.with { database in
            let clock = ManualClock(start: SystemClock().now())
            let store = try database.store(clock: clock)
            let task = try await store.addClaimed()
            let failed = try #require(
                try await store.fail(task.claim, with: TaskFailure(error: TaskError(code: "x", message: "x"), retry: .permanent)))
            let other = try await addCancelled(to: store, clock)
            clock.advance(by: .seconds(1))
            let replayed = try #require(try await store.replay(task.id, of: Sample.tenant))
            _ = try #require(try await store.cancel(replayed.id, of: Sample.tenant))
            clock.advance(by: .seconds(1))
            #expect(try await store.unpublished(olderThan: .zero, limit: 3).map(\.id) == [task.id, other.id])
            try await store.acknowledge(events: [task.id: [failed.outbox[0].id]])
            #expect(try await store.unpublished(olderThan: .zero, limit: 3).map(\.id) == [other.id, task.id])
        }
    }

    @Test func waitingTasksFromBeforeLanesAreFound() async throws {
        try await TestDatabase.with { database in
            let clock = ManualClock(start: SystemClock().now())
            let store = try database.store(clock: clock)
            let earlier = try await store.add()
            let later = try await store.add()
            for task in [earlier, later] { try await store.acknowledge([DispatchMessage(task)]) }
            try await change([earlier.id], ["$unset": [Name.sentLane: 1]], in: store)
            clock.advance(by: .seconds(1))
            #expect(try await store.waiting(longerThan: .zero, limit: 3) == [later.id, earlier.id])
            #expect(try await store.waiting(longerThan: .zero, in: [.high], limit: 3).isEmpty)
            #expect(try await store.redeliverLost(publishedBefore: clock.now(), limit: 3) == 2)
            clock.advance(by: .seconds(1))
            #expect(Set(try await store.takeDue(limit: 3).map(\.id)) == [earlier.id, later.id])
        }
    }
}
