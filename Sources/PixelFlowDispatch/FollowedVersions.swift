package import Logging
package import PixelFlowCore
package import ServiceLifecycle
import Synchronization

/// Versions of tasks that several processes change: each change is known with its event, and those of this process at once.
///
/// There are versions only while the events are known to be current: while they are late, or their broker is away, every read goes to
/// the task store.
package final class FollowedVersions: TaskVersions, Service {
    /// How old the knowledge of the events may be.
    static let age = Duration.seconds(3)
    private static let retries = RetryPolicy.every(.seconds(1))

    private let events: any TaskEvents
    private let versions: ChangeVersions
    /// The newest revision that is known of each task: events come twice, and tell of progress that no list shows.
    private let revisions = Mutex<[TaskID: Int]>([:])
    /// Tasks whose revisions are known; beyond it all are forgotten, and events that come again count as changes.
    private static let revisionLimit = 20_000
    private let logger: Logger

    package init(events: any TaskEvents, versions: ChangeVersions = ChangeVersions(), logger: Logger) {
        self.events = events
        self.versions = versions
        self.logger = logger
    }

    package var areExact: Bool { false }

    package func version(ofTasksOf tenant: TenantID) -> UInt64? {
        events.isCurrent(within: Self.age) ? versions.version(ofTasksOf: tenant) : nil
    }

    package func version(of task: TaskID) -> UInt64? { events.isCurrent(within: Self.age) ? versions.version(of: task) : nil }

    /// Notes a change that this process has made, or may have made.
    package func note(_ task: TaskID, of tenant: TenantID) { versions.change(CollectionOfOne((task: task, tenant: tenant))) }

    /// Follows the events until it is shut down.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await retry(Self.retries, onRetry: { self.logger.warning("events not followed", metadata: ["error": "\($0)"]) }) {
                try await self.follow()
            }
        }
        try? await gracefulShutdown()
    }

    /// Notes how tasks are now, if that is new.
    package func note(_ tasks: [TaskRecord]) {
        let changed = revisions.withLock { revisions in
            tasks.filter { task in
                if let known = revisions[task.id], known >= task.revision { return false }
                if revisions.count >= Self.revisionLimit { revisions = [:] }
                revisions[task.id] = task.revision
                return true
            }
        }
        versions.change(changed.lazy.map { (task: $0.id, tenant: $0.tenant) })
    }

    /// Begins to follow the events. Not private, so that tests need not run it.
    package func follow() async throws {
        try await events.follow { news in
            switch news {
            case .changes(let changes): self.note(changes.map(\.task))
            case .gap: self.versions.changeAll()
            }
        }
    }
}
