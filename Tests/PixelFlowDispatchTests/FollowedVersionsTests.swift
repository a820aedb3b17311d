import Conformance
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import Synchronization
import TestSupport
import Testing

/// Versions that follow changes of other processes through their events.
@Suite struct FollowedVersionsTests {
    /// Events of another process, which may be delayed.
    private final class RemoteEvents: TaskEvents {
        private let state = Mutex((followers: [@Sendable (FollowedChanges) -> Void](), isCurrent: true))

        func publish(_ changes: [TaskChange]) async throws { tell(.changes(changes)) }
        func subscribe(onGap: @escaping @Sendable () -> Void) async throws -> AsyncStream<TaskChange> { AsyncStream { $0.finish() } }
        func follow(_ follower: @escaping @Sendable (FollowedChanges) -> Void) async throws {
            state.withLock { $0.followers.append(follower) }
        }
        func isCurrent(within age: Duration) -> Bool { state.withLock(\.isCurrent) }

        func set(isCurrent: Bool) { state.withLock { $0.isCurrent = isCurrent } }
        func tell(_ news: FollowedChanges) { for follower in state.withLock(\.followers) { follower(news) } }
    }

    private let events = RemoteEvents()

    private func task(_ tenant: String) -> TaskRecord {
        let now = SystemClock().now()
        return TaskRecord(
            id: TaskID.make(at: now), tenant: TenantID(tenant), owner: UserID("user"), source: .url("https://example.com/a.jpg"),
            pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), fingerprint: "", requestID: "request", createdAt: now)
    }

    private func followed() async throws -> FollowedVersions {
        let versions = FollowedVersions(events: events, logger: silent)
        try await versions.follow()
        return versions
    }

    @Test func anEventChangesTheVersionsOfItsTaskAndItsTenant() async throws {
        let versions = try await followed()
        let (task, other) = (task("ada"), task("bob"))
        let before = [versions.version(ofTasksOf: task.tenant), versions.version(of: task.id), versions.version(ofTasksOf: other.tenant)]
        #expect(before.allSatisfy { $0 != nil })
        try await events.publish([TaskChange(task)])
        #expect(versions.version(ofTasksOf: task.tenant) != before[0])
        #expect(versions.version(of: task.id) != before[1])
        #expect(versions.version(ofTasksOf: other.tenant) == before[2])
        #expect(!versions.areExact)
    }

    @Test func repeatedEventsAndProgressChangeNothing() async throws {
        let versions = try await followed()
        var task = task("ada")
        try await events.publish([TaskChange(task)])
        let before = versions.version(ofTasksOf: task.tenant)
        try await events.publish([TaskChange(task), TaskChange(task, progress: 0.5)])
        #expect(versions.version(ofTasksOf: task.tenant) == before)
        task.revision += 1
        try await events.publish([TaskChange(task)])
        #expect(versions.version(ofTasksOf: task.tenant) != before)
    }

    @Test func thereAreNoVersionsWhileEventsAreLate() async throws {
        let (versions, task) = (try await followed(), task("ada"))
        events.set(isCurrent: false)
        #expect(versions.version(ofTasksOf: task.tenant) == nil && versions.version(of: task.id) == nil)
        events.set(isCurrent: true)
        #expect(versions.version(ofTasksOf: task.tenant) != nil && versions.version(of: task.id) != nil)
    }

    @Test func aGapChangesEveryVersion() async throws {
        let (versions, task) = (try await followed(), task("ada"))
        let before = [versions.version(ofTasksOf: task.tenant), versions.version(of: task.id)]
        events.tell(.gap)
        #expect(versions.version(ofTasksOf: task.tenant) != before[0])
        #expect(versions.version(of: task.id) != before[1])
    }

    @Test func localChangesApplyBeforeTheirEvents() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        let (versions, task) = (try await followed(), task("ada"))
        let publisher = OutboxPublisher(
            store: store, broker: InProcessBroker(), events: InProcessTaskEvents(), versions: versions, logger: silent)
        let before = versions.version(ofTasksOf: task.tenant)
        publisher.publish(task)
        let published = versions.version(ofTasksOf: task.tenant)
        #expect(published != before)
        // A change that may have been made, without an event.
        publisher.noteChange(task.id, of: task.tenant)
        #expect(versions.version(ofTasksOf: task.tenant) != published)
    }

    /// Within one process, nothing follows events, because the store itself has versions.
    @Test func versionsAreNeverCurrentWithoutFollowing() async throws {
        let versions = FollowedVersions(events: InProcessTaskEvents(), logger: silent)
        try await versions.follow()
        #expect(versions.version(ofTasksOf: TenantID("ada")) == nil)
    }
}
