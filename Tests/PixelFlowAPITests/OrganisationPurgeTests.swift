import Conformance
import Foundation
import Logging
import PixelFlowAPI
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import PixelFlowHTTP
import TestSupport
import Testing

@Suite struct OrganisationPurgeTests {
    @Test func exactlyTheDataOfADeletedOrganisationIsRemoved() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        let logger = Logger(label: "test")
        let publisher = OutboxPublisher(store: store, broker: InProcessBroker(), events: InProcessTaskEvents(), logger: logger)
        let now = Timestamp(microseconds: 1_767_225_600_000_000)
        let pipeline = Pipeline(outputs: [OutputSpec(name: "image")])
        for tenant in ["gone", "there"].map({ TenantID($0) }) {
            for _ in 0..<3 {
                _ = try await store.create(
                    TaskRecord(
                        id: TaskID.make(at: now), tenant: tenant, owner: UserID("user"), source: .url("https://example.com/a.jpg"),
                        pipeline: pipeline, fingerprint: "print", requestID: "request", createdAt: now))
            }
            _ = try await store.put(Preset(name: "mine", pipeline: pipeline, updatedAt: now), of: tenant)
            _ = try await store.add(
                WebhookEndpoint(id: .make(at: now), tenant: tenant, url: "https://example.com", events: [.taskFailed], createdAt: now))
            try await store.add(Batch(id: .make(at: now), tenant: tenant, owner: UserID("user"), createdAt: now))
            // Its endpoint was deleted earlier.
            try await store.add(
                WebhookDelivery(
                    id: WebhookDeliveryID("msg_\(tenant)"), tenant: tenant, endpoint: WebhookID("before"), event: .test, eventAt: now,
                    payload: .test, createdAt: now))
        }
        let purge = OrganisationPurge(
            identities: DeletedTenants(), tasks: store, presets: store, batches: store, webhooks: store, publisher: publisher,
            audit: AuditRecorder(outbox: store, logger: logger), logger: logger)
        #expect(try await purge.round(after: 0) == 7)
        #expect(try await store.list(TaskQuery(tenant: TenantID("gone"))).tasks.isEmpty)
        #expect(try await store.presets(of: TenantID("gone")).isEmpty)
        #expect(try await store.list(TaskQuery(tenant: TenantID("there"))).tasks.count == 3)
        #expect(try await store.presets(of: TenantID("there")).count == 1)
        #expect(try await store.webhooks(of: TenantID("gone")).endpoints.isEmpty)
        #expect(try await store.webhooks(of: TenantID("there")).endpoints.count == 1)
        let batches = try await ["gone", "there"].asyncMap { try await store.batches(BatchQuery(tenant: TenantID($0))).count }
        #expect(batches == [0, 1])
        let left = try await ["gone", "there"].asyncMap { tenant in
            let queue = WebhookQueue(tenant: TenantID(tenant), endpoint: WebhookID("before"))
            return try await store.deliveries(WebhookDeliveryQuery(queue)).count
        }
        #expect(left == [0, 1])
        // The dispatcher removes their objects.
        #expect(try await store.deleted(limit: 10).count == 3)
        #expect(try await purge.round(after: 7) == 7)
        let told = try await store.undeliveredAudit(before: now, limit: 10).map(\.entry)
        #expect(told.map(\.action) == [.tasksDeleted, .presetsDeleted])
        #expect(told.map(\.detail) == ["3 with the organisation", "1 with the organisation"])
        #expect(told.allSatisfy { $0.organisation == TenantID("gone") })
    }

    /// auth, which reports one purged organisation, with pages of one.
    private struct DeletedTenants: IdentitySource {
        func introspect(key: String) async throws -> KeyIntrospection { .inactive }

        func revocations(after sequence: Int64) async throws -> RevocationPage { RevocationPage([], after: sequence, limit: 1, newest: 0) }

        func deletedOrganisations(after position: Int64) async throws -> DeletedOrganisations {
            switch position {
            case 0: DeletedOrganisations(organisations: ["gone"], next: 5, more: true)
            case 5: DeletedOrganisations(organisations: ["empty"], next: 7, more: false)
            default: DeletedOrganisations(organisations: [], next: position, more: false)
            }
        }
    }
}
