package import Logging
package import PixelFlowCore
package import ServiceLifecycle
import Synchronization

/// Versions of tasks that several processes change: other processes' changes are learned from events, those of this process
/// directly.
///
/// There are versions only while the known events are current. If they are delayed or the broker is down, every read uses
/// the task store.
package final class FollowedVersions: TaskVersions, Service {
    /// The maximum age of the known events.
    static let age = Duration.seconds(3)
    private static let retries = RetryPolicy.every(.seconds(1))

    private let events: any TaskEvents
    private let versions: ChangeVersions
    /// The latest known revision of each task, because events may be repeated, or report progress that lists do not show.
    private let revisions = Mutex<[TaskID: Int]>([:])
    /// The maximum number of known revisions; beyond it, all are dropped, and repeated events count as changes.
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

    /// Records a change that this process has made or may have made.
    package func note(_ task: TaskID, of tenant: TenantID) { versions.change(CollectionOfOne((task: task, tenant: tenant))) }

    /// Follows the events until shutdown.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await retry(Self.retries, onRetry: { self.logger.warning("events not followed", metadata: ["error": "\($0)"]) }) {
                try await self.follow()
            }
        }
        try? await gracefulShutdown()
    }

    /// Records the current state of tasks, if it is new.
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

    /// Starts to follow the events. Not private, so that tests can call it directly.
    package func follow() async throws {
        try await events.follow { news in
            switch news {
            case .changes(let changes): self.note(changes.map(\.task))
            case .gap: self.versions.changeAll()
            }
        }
    }
}
