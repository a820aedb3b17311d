import AsyncHTTPClient
import Conformance
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import PixelFlowAPI
import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import Prometheus
import Synchronization
import Testing

/// What api reports to the audit log, regardless of outages and kills.
@Suite struct AuditTests {
    private let pipeline = ByteBuffer(string: #"{"outputs":[{"name":"tiny","operations":[{"op":"resize","width":10}],"format":"png"}]}"#)
    private let clock = ManualClock()

    private func publisher(_ harness: APIHarness, to sink: any AuditSink, batch: Int = 100) -> AuditPublisher {
        AuditPublisher(
            outbox: harness.tasks, sink: sink, recorder: harness.audit, batch: batch, clock: clock, logger: Logger(label: "test"),
            metrics: harness.registry)
    }

    /// The entries from api for a user's organisation, oldest first.
    private func log(_ harness: APIHarness, of client: APIClient) async throws -> [AuditEntry] {
        let own: Set<AuditAction> = [
            .presetSaved, .presetDeleted, .taskDeleted, .quotaChanged, .webhookCreated, .webhookChanged, .webhookDeleted,
        ]
        return try await harness.identities.audit(of: try await harness.tenant(of: client.token), before: nil, limit: 100)
            .filter { own.contains($0.action) }.reversed()
    }

    @Test func everyActionIsLoggedOnceWithActorTargetAndAddress() async throws {
        let harness = try await APIHarness(clock: clock)
        try await harness.run { ada, bob in
            let task = try await ada.task()
            let steps: [@Sendable () async throws -> TestResponse] = [
                { try await ada.send(.put, "/api/presets/mine", body: pipeline) },
                { try await ada.send(.put, "/api/presets/mine", body: pipeline) },
                { try await ada.send(.delete, "/api/presets/mine") }, { try await ada.send(.delete, "/api/tasks/\(task)") },
                {
                    var operators = ada
                    operators.token = APIHarness.secret
                    let path = "/api/organisations/\(try await harness.tenant(of: ada.token))/quota"
                    return try await operators.send(.put, path, body: ByteBuffer(string: #"{"retention_days":30,"tasks_per_month":5}"#))
                },
            ]
            var requests: [String] = []
            for step in steps {
                let response = try await step()
                #expect(response.status.kind == .successful)
                requests.append(response.headers[HTTPField.Name("x-request-id")!] ?? "")
                clock.advance(by: .seconds(1))
            }
            // What was not done is not reported.
            #expect(try await ada.send(.delete, "/api/presets/mine").status == .notFound)
            #expect(try await bob.send(.delete, "/api/tasks/\(task)").status == .notFound)
            #expect(try await harness.tasks.auditBacklog() == 5)
            #expect(try await publisher(harness, to: harness.auth.identities, batch: 2).round() == 5)
            #expect(try await harness.tasks.auditBacklog() == 0)
            let entries = try await log(harness, of: ada)
            #expect(entries.map(\.action) == [.presetSaved, .presetSaved, .presetDeleted, .taskDeleted, .quotaChanged])
            #expect(entries.map(\.target) == ["mine", "mine", "mine", "\(task)", ""])
            #expect(entries.map(\.detail) == ["created", "replaced", "mine", "", "tasks_per_month 5, retention_days 30"])
            #expect(entries.map(\.actorName) == Array(repeating: "ada@example.org", count: 4) + ["operator"])
            #expect(entries.first?.actor == (try await harness.auth.verifier.verify(ada.token).user.rawValue))
            #expect(entries.map(\.requestID) == requests)
            #expect(try await log(harness, of: bob) == [])
        }
    }

    /// The task itself is gone, so its id alone would tell no one which image it was.
    @Test func aDeletedTaskIsLoggedWithItsSource() async throws {
        let harness = try await APIHarness(clock: clock)
        try await harness.run { ada, _ in
            let file = try await ada.post(form: [(#"name="file"; filename="cat.png""#, "bytes")]).taskID()
            let url = try await ada.post(json: #"{"image_url":"https://example.com/a.jpg?signature=secret"}"#).taskID()
            for id in [file, url] {
                #expect(try await ada.send(.delete, "/api/tasks/\(id)").status == .noContent)
                clock.advance(by: .seconds(1))
            }
            _ = try await publisher(harness, to: harness.auth.identities).round()
            let entries = try await log(harness, of: ada)
            #expect(entries.map(\.target) == ["\(file)", "\(url)"])
            #expect(entries.map(\.detail) == ["cat.png", "https://example.com/a.jpg"])
        }
    }

    @Test func everyChangeOfAWebhookIsLogged() async throws {
        let harness = try await APIHarness(clock: clock)
        try await harness.run { ada, bob in
            let json = #"{"url":"https://example.com/hook","events":["task.failed"]}"#
            let created = try await ada.post(json: json, to: "/api/webhooks")
            let path = "/api/webhooks/\(try #require(try created.object()["id"] as? String))"
            clock.advance(by: .seconds(1))
            #expect(try await ada.send(.patch, path, body: ByteBuffer(string: #"{"enabled":false}"#)).status == .ok)
            clock.advance(by: .seconds(1))
            #expect(try await ada.post(json: "", to: path + "/rotate").status == .ok)
            clock.advance(by: .seconds(1))
            #expect(try await bob.send(.delete, path).status == .notFound)
            #expect(try await ada.send(.delete, path).status == .noContent)
            _ = try await publisher(harness, to: harness.auth.identities).round()
            let entries = try await log(harness, of: ada)
            #expect(entries.map(\.action) == [.webhookCreated, .webhookChanged, .webhookChanged, .webhookDeleted])
            #expect(entries.map(\.detail) == ["", "", "secret replaced", ""])
            #expect(entries.allSatisfy { "/api/webhooks/\($0.target)" == path })
            #expect(try await log(harness, of: bob) == [])
        }
    }

    @Test func authOutagesAndLostRepliesNeitherLoseNorDuplicateEntries() async throws {
        let harness = try await APIHarness(clock: clock)
        try await harness.run { ada, _ in
            for name in ["a", "b", "c"] {
                #expect(try await ada.send(.put, "/api/presets/\(name)", body: pipeline).status == .created)
                clock.advance(by: .seconds(1))
            }
            let sink = FlakySink(harness.auth.identities)
            let replicas = [publisher(harness, to: sink, batch: 2), publisher(harness, to: sink, batch: 2)]
            sink.set(.away)
            for replica in replicas { await #expect(throws: PixelFlowError.self) { try await replica.round() } }
            #expect(try await log(harness, of: ada) == [])
            sink.set(.responsesAreLost)
            for replica in replicas { await #expect(throws: PixelFlowError.self) { try await replica.round() } }
            #expect(try await log(harness, of: ada).map(\.target) == ["a", "b"])
            sink.set(.there)
            async let first = replicas[0].round()
            async let second = replicas[1].round()
            _ = try await (first, second)
            #expect(try await log(harness, of: ada).map(\.target) == ["a", "b", "c"])
            #expect(try await harness.tasks.auditBacklog() == 0)
            #expect(harness.registry[#"audit_deliveries_total{outcome="failed"}"#] == 4)
        }
    }

    /// api dies after storing the entry, before the outcome of the action is known: simulated by a store that never responds.
    @Test func anInterruptedActionIsLoggedAsUncertain() async throws {
        let harness = try await APIHarness(clock: clock)
        let tenant = TenantID("tenant")
        await #expect(throws: CancellationError.self) {
            try await harness.audit.record(
                .tasksDeleted, in: tenant, detail: "at most 3", outcome: { .done("\($0)") }, { () -> Int in throw CancellationError() })
        }
        await #expect(throws: PixelFlowError.self) {
            try await harness.audit.record(
                .presetsDeleted, in: tenant, detail: "", outcome: { .done("\($0)") },
                { () -> Int in throw PixelFlowError.unavailable("task_database") })
        }
        let publisher = publisher(harness, to: harness.auth.identities)
        clock.advance(by: AuditPublisher.settlingTime)
        #expect(try await publisher.round() == 0)
        clock.advance(by: .microseconds(1))
        #expect(try await publisher.round() == 2)
        let entries = try await harness.identities.audit(of: tenant, before: nil, limit: 10)
        #expect(Set(entries.map(\.detail)) == ["at most 3; outcome unknown", "outcome unknown"])
        clock.advance(by: .seconds(3600))
        #expect(try await publisher.round() == 0)
    }

    @Test func aFullOutboxRefusesAuditedActions() async throws {
        let harness = try await APIHarness(clock: clock, auditCapacity: 2)
        try await harness.run { ada, _ in
            for name in ["a", "b"] { #expect(try await ada.send(.put, "/api/presets/\(name)", body: pipeline).status == .created) }
            let refused = try await ada.send(.put, "/api/presets/c", body: pipeline)
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.code == "audit_log_busy")
            #expect(try await ada.get("/api/presets/c").status == .notFound)
            // Actions that need no entry still work.
            _ = try await ada.task()
            _ = try await publisher(harness, to: harness.auth.identities).round()
            #expect(try await ada.send(.put, "/api/presets/c", body: pipeline).status == .created)
        }
    }

    @Test func entriesReachARemoteAuthByHTTP() async throws {
        let harness = try await APIHarness(clock: clock)
        try await harness.run { ada, _ in
            for name in ["a", "b"] {
                #expect(try await ada.send(.put, "/api/presets/\(name)", body: pipeline).status == .created)
                clock.advance(by: .seconds(1))
            }
            try await Application(router: harness.auth.router(), configuration: .init(address: .hostname("127.0.0.1", port: 0))).test(.live)
            {
                let port = try #require($0.port)
                let settings = try self.settings(port, secret: APIHarness.secret)
                let sink = try RemoteIdentitySource(settings, client: .shared)
                #expect(try await publisher(harness, to: sink).round() == 2)
                let stranger = try RemoteIdentitySource(
                    try self.settings(port, secret: String(repeating: "x", count: 32)), client: .shared)
                #expect(try await ada.send(.delete, "/api/presets/a").status == .noContent)
                await #expect(throws: PixelFlowError.self) { try await publisher(harness, to: stranger).round() }
            }
            #expect(try await log(harness, of: ada).map(\.target) == ["a", "b"])
            #expect(try await harness.tasks.auditBacklog() == 1)
        }
    }
}

extension AuditTests {
    private func settings(_ port: Int, secret: String) throws -> Settings {
        try Settings(environment: ["PIXELFLOW_AUTH_URL": "http://127.0.0.1:\(port)", "PIXELFLOW_SERVICE_SECRET": secret])
    }
}

/// The audit log behind a connection that fails.
private final class FlakySink: AuditSink {
    enum Mode { case there, away, responsesAreLost }

    private let inner: any AuditSink
    private let mode = Mutex(Mode.there)

    init(_ inner: any AuditSink) { self.inner = inner }

    func set(_ mode: Mode) { self.mode.withLock { $0 = mode } }

    func append(_ entries: [AuditEntry]) async throws {
        let mode = mode.withLock(\.self)
        if mode == .away { throw PixelFlowError.unavailable("auth") }
        try await inner.append(entries)
        if mode == .responsesAreLost { throw PixelFlowError.unavailable("auth") }
    }
}
