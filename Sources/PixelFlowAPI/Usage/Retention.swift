package import Logging
package import PixelFlowCore
package import PixelFlowDispatch
import PixelFlowTelemetry
package import ServiceLifecycle

/// Deletes tasks that finished longer ago than the retention of their organisation, as a client would, and purges the usage of tasks that
/// were deleted long ago.
///
/// Any number of replicas may run concurrently: one of them deletes a task, and the others find it gone.
package struct Retention: Service {
    private let tasks: any TaskOwnerStore & UsageStore
    private let publisher: OutboxPublisher
    private let audit: AuditRecorder
    private let logger: Logger

    /// The time after which an idle service looks again.
    static let interval = Duration.seconds(60)
    /// The maximum number of tasks of one organisation per round.
    package static let batch = 500

    package init(tasks: any TaskOwnerStore & UsageStore, publisher: OutboxPublisher, audit: AuditRecorder, logger: Logger) {
        self.tasks = tasks
        self.publisher = publisher
        self.audit = audit
        self.logger = logger
    }

    package func run() async {
        await PeriodicService("retention", every: Self.interval, logger: logger) { try await deleteExpired() }.run()
    }

    /// Deletes all tasks that are past their retention, in rounds. Not private, so that tests need not wait for it.
    ///
    /// Organisations take turns: each round deletes at most `batch` tasks of each. A round ends the work if it deletes nothing; if other
    /// replicas have deleted all that it found, they go on.
    package func deleteExpired() async throws {
        while try await round() > 0 { try Task.checkCancellation() }
        while try await tasks.forgetUsage(limit: Self.batch) > 0 { try Task.checkCancellation() }
    }

    /// One round over all organisations.
    ///
    /// - Returns: the number of deleted tasks.
    private func round() async throws -> Int {
        var deleted = 0
        var last: TenantID?
        repeat {
            let page = try await tasks.pastRetention(after: last, limit: Self.batch)
            for (tenant, expired) in Dictionary(grouping: page.tasks, by: \.tenant).sorted(by: { $0.key < $1.key }) {
                deleted += try await audit.record(
                    .tasksDeleted, in: tenant, detail: "at most \(expired.count) past their retention",
                    outcome: { $0 == 0 ? .nothing : .done("\($0) past their retention") },
                    { try await delete(expired) })
            }
            last = page.last
        } while last != nil
        if deleted > 0 { logger.info("tasks past their retention deleted", metadata: ["tasks": "\(deleted)"]) }
        return deleted
    }

    /// - Returns: the number of tasks that no other replica has deleted.
    private func delete(_ expired: [ExpiredTask]) async throws -> Int {
        var deleted = 0
        for expired in expired {
            guard let task = try await tasks.delete(expired.id, of: expired.tenant) else { continue }
            publisher.publish(task)
            deleted += 1
        }
        return deleted
    }
}
