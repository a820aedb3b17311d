package import Logging
package import PixelFlowCore
package import PixelFlowDispatch
package import PixelFlowHTTP
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization

/// Deletes the tasks, objects, presets, batches and webhooks of deleted organisations that can no longer be restored.
///
/// Any number of replicas may run concurrently: one of them deletes a task, and the others find it gone. A new replica checks all such
/// organisations once, so that none is missed.
package final class OrganisationPurge: Service {
    /// The time between two rounds.
    private static let interval = Duration.seconds(3600)
    /// The number of tasks, batches or deliveries read at a time.
    private static let batch = 200

    private let identities: any IdentitySource
    private let tasks: any TaskOwnerStore
    private let presets: any PresetStore
    private let batches: any BatchOwnerStore
    private let webhooks: any WebhookOwnerStore
    private let publisher: OutboxPublisher
    private let audit: AuditRecorder
    private let logger: Logger
    /// The start of the next round.
    private let position = Mutex<Int64>(0)

    package init(
        identities: any IdentitySource, tasks: any TaskOwnerStore, presets: any PresetStore, batches: any BatchOwnerStore,
        webhooks: any WebhookOwnerStore,
        publisher: OutboxPublisher, audit: AuditRecorder, logger: Logger
    ) {
        self.identities = identities
        self.tasks = tasks
        self.presets = presets
        self.batches = batches
        self.webhooks = webhooks
        self.publisher = publisher
        self.audit = audit
        self.logger = logger
    }

    package func run() async {
        await PeriodicService("deletion of data of deleted organisations", every: Self.interval, logger: logger) {
            let start = self.position.withLock { $0 }
            let next = try await self.round(after: start)
            self.position.withLock { $0 = next }
        }.run()
    }

    /// One round. Not private, so that tests need not wait for it.
    ///
    /// - Returns: the start of the next round.
    package func round(after start: Int64) async throws -> Int64 {
        var position = start
        var hasMore = true
        while hasMore {
            let page = try await identities.deletedOrganisations(after: position)
            for id in page.organisations { try await purge(TenantID(id)) }
            (position, hasMore) = (page.next, page.more)
        }
        return position
    }

    private func record(
        _ action: AuditAction, atMost count: Int, of tenant: TenantID, _ delete: () async throws -> Int
    ) async throws -> Int {
        try await audit.record(
            action, in: tenant, detail: "at most \(count) with the organisation",
            outcome: { $0 == 0 ? .nothing : .done("\($0) with the organisation") }, delete)
    }

    private func purge(_ tenant: TenantID) async throws {
        var deleted = 0
        while true {
            let page = try await tasks.list(TaskQuery(tenant: tenant, limit: Self.batch))
            guard !page.tasks.isEmpty else { break }
            deleted += try await record(.tasksDeleted, atMost: page.tasks.count, of: tenant) {
                var deleted = 0
                for task in page.tasks {
                    guard let task = try await tasks.delete(task.id, of: tenant) else { continue }
                    publisher.publish(task)
                    deleted += 1
                }
                return deleted
            }
        }
        let presets = try await presets.presets(of: tenant)
        if !presets.isEmpty {
            _ = try await record(.presetsDeleted, atMost: presets.count, of: tenant) {
                var deleted = 0
                for preset in presets where try await self.presets.removePreset(preset.name, of: tenant) { deleted += 1 }
                return deleted
            }
        }
        while try await batches.removeBatches(of: tenant, limit: Self.batch) > 0 { try Task.checkCancellation() }
        while case let found = try await webhooks.webhooks(of: tenant).endpoints, !found.isEmpty {
            for webhook in found { _ = try await webhooks.removeWebhook(webhook.id, of: tenant) }
            try Task.checkCancellation()
        }
        // Deliveries that remained when a webhook was deleted, or were created since.
        while try await webhooks.removeDeliveries(of: tenant, limit: Self.batch) > 0 { try Task.checkCancellation() }
        if deleted > 0 {
            logger.info("tasks of a deleted organisation deleted", metadata: ["tenant": "\(tenant)", "tasks": "\(deleted)"])
        }
    }
}
