import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowLimits
import Testing

/// `/me/export`: what a person gets of their own data.
@Suite struct ExportTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    @Test func anExportHoldsWhatIsKept() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            _ = try await client.person("bob@example.org")
            let export = try await client.send(.get, "/me/export", as: ada.token)
            let document = try export.object()
            #expect((document["account"] as? [String: Any])?["email"] as? String == "ada@example.org")
            #expect((document["sessions"] as? [Any])?.count == 1)
            let organisations = try #require(document["organisations"] as? [[String: Any]])
            let actions = (organisations.first?["audit"] as? [[String: Any]])?.compactMap { $0["action"] as? String }
            #expect(actions.map(Set.init) == ["session.started", "user.registered"])
            let text = String(buffer: export.body)
            for secret in ["bob@", "password", "secret", "hash"] { #expect(!text.contains(secret), "\(secret)") }
        }
    }

    /// More entries than are read at a time, in two organisations.
    @Test func anExportHasTheEntriesOfAllOrganisations() async throws {
        try await AuthHarness().run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let made = try await client.send(.post, "/organisations", as: ada.token, ["name": "Shop"])
            let shop = try #require(try made.object()["id"] as? String)
            let counts = [ada.tenant: 1_100, shop: 500]
            var ids: [String: [String]] = [:]
            for (organisation, count) in counts {
                for number in 0..<count {
                    ids[organisation, default: []].append(
                        UUIDv7.make(at: Timestamp(microseconds: 1_893_456_000_000_000 + Int64(number) * 1_000)))
                }
                for start in stride(from: 0, to: count, by: 100) {
                    let entries = ids[organisation, default: []][start..<start + 100].map { id in
                        ["id": id, "organisation": organisation, "actor": ada.id].merging(Self.entry) { $1 }
                    }
                    let told = try await client.send(.post, "/audit-entries", as: Self.secret, ["entries": entries])
                    #expect(told.status == .noContent)
                }
            }
            let stranger = ["id": UUIDv7.make(), "organisation": ada.tenant, "actor": bob.id].merging(Self.entry) { $1 }
            _ = try await client.send(.post, "/audit-entries", as: Self.secret, ["entries": [stranger]])

            let response = try await client.send(.get, "/me/export", as: ada.token)
            let organisations = try #require(try response.object()["organisations"] as? [[String: Any]])
            #expect(organisations.count == 2)
            for exported in organisations {
                let id = try #require((exported["organisation"] as? [String: Any])?["id"] as? String)
                let found = (exported["audit"] as? [[String: Any]])?.filter { $0["action"] as? String == "preset.saved" }
                #expect(found?.compactMap { $0["id"] as? String } == ids[id].map { $0.reversed() })
            }
            let head = try await client.send(.head, "/me/export", as: ada.token)
            #expect(head.status == .ok && head.body.readableBytes == 0)
        }
    }

    private static let entry: [String: String] = [
        "at": "2030-01-01T00:00:00Z", "actor_name": "ada@example.org", "action": "preset.saved", "target": "shop", "detail": "created",
        "address": "192.0.2.1", "request_id": "request-1",
    ]

    @Test func anExportIsCountedAsAnExpensiveRead() async throws {
        let harness = try AuthHarness()
        var rates = RateLimitSettings()
        rates.quotas = [.read: .init(1_000, per: .seconds(60)), .heavy: .init(2, per: .seconds(60))]
        let requests = RequestLimits(rates, limiter: InMemoryRateLimiter(clock: harness.clock), proxies: .loopback)
        let service = try AuthService(
            store: try harness.store(), clock: harness.clock, hasher: harness.hasher, requests: requests, metrics: harness.registry)
        try await AuthHarness.run(service) { client in
            let ada = try await client.person("ada@example.org")
            for status in [HTTPResponse.Status.ok, .ok, .tooManyRequests] {
                #expect(try await client.send(.get, "/me/export", as: ada.token).status == status)
            }
            #expect(try await client.send(.get, "/me", as: ada.token).status == .ok)
        }
    }
}
