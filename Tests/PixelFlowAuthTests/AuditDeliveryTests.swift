import HTTPTypes
import HummingbirdTesting
import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import Testing

/// Entries that other services send to the audit log.
@Suite("Audit entries of other services")
struct AuditDeliveryTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    private func entry(_ id: String, organisation: String, action: String = "preset.saved") -> [String: any Sendable] {
        [
            "id": id, "organisation": organisation, "at": "2026-01-01T00:00:00Z", "actor": "key-1", "actor_name": "site", "action": action,
            "target": "shop", "detail": "created", "address": "192.0.2.1", "request_id": "request-1",
        ]
    }

    @Test("a repeated entry is stored once, and only in the log of its organisation")
    func entryIsStoredOnceInItsOrganisation() async throws {
        try await AuthHarness().run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let ids = (0..<2).map { UUIDv7.make(at: Timestamp(microseconds: 1_767_225_600_000_000 + $0)) }
            for count in [1, 2, 2] {
                let entries = ids.prefix(count).map { entry($0, organisation: ada.tenant) }
                #expect(try await client.send(.post, "/audit-entries", as: Self.secret, ["entries": entries]).status == .noContent)
            }
            let path = "/audit?action=preset.saved"
            let log = try #require(try await client.send(.get, path, as: ada.token).object()["entries"] as? [[String: Any]])
            #expect(log.compactMap { $0["id"] as? String } == ids.reversed())
            let texts = ["actor", "actor_name", "target", "detail", "address", "request_id"].map { log.first?[$0] as? String }
            #expect(texts == ["key-1", "site", "shop", "created", "192.0.2.1", "request-1"])
            #expect((try await client.send(.get, path, as: bob.token).object()["entries"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("an entry of a later version may have more members")
    func unknownMembersOfServicesAreIgnored() async throws {
        try await AuthHarness().run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let ada = try await client.person("ada@example.org")
            var entry = self.entry(UUIDv7.make(), organisation: ada.tenant)
            entry["added_later"] = "value"
            let delivery: [String: any Sendable] = ["entries": [entry], "added_later": 1]
            #expect(try await client.send(.post, "/audit-entries", as: Self.secret, delivery).status == .noContent)
        }
    }

    @Test("an invalid entry, too many entries and a user's token are refused")
    func invalidDeliveriesAreRefused() async throws {
        try await AuthHarness().run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let ada = try await client.person("ada@example.org")
            let id = UUIDv7.make()
            let bad: [[[String: any Sendable]]] = [
                [entry("no-id", organisation: ada.tenant)], [entry(id, organisation: ada.tenant, action: "nothing.known")],
                Array(repeating: entry(id, organisation: ada.tenant), count: 101),
            ]
            for entries in bad {
                let response = try await client.send(.post, "/audit-entries", as: Self.secret, ["entries": entries])
                #expect(response.status == .unprocessableContent)
            }
            let forged = try await client.send(.post, "/audit-entries", as: ada.token, ["entries": [entry(id, organisation: ada.tenant)]])
            #expect(forged.status == .unauthorized)
            let log = try await client.send(.get, "/audit?action=preset.saved", as: ada.token).object()["entries"] as? [Any]
            #expect(log?.isEmpty == true)
        }
    }
}
