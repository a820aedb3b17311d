import FaultProxy
import Foundation
import Logging
import Metrics
import PixelFlowCore
import PixelFlowIdentity
import Synchronization
import Testing

@testable import PixelFlowPostgres

/// The tables of a single test, in a schema on the server that `PIXELFLOW_TEST_POSTGRES_URL` names.
final class TestDatabase: Sendable {
    static let serverURL = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_POSTGRES_URL"]

    /// The name of the schema and of the connections to it.
    let name = "test_" + UUIDv7.make().replacingOccurrences(of: "-", with: "")
    let url: String
    /// A separate pool with access to the same tables.
    let administrator: ConnectionPool
    private let stores = Mutex<[PostgresIdentityDatabase]>([])

    private init(serverURL: String) throws {
        url = Self.adding("options=-csearch_path%3D\(name)&application_name=\(name)", to: serverURL)
        var settings = PostgresSettings(url: Self.adding("options=-csearch_path%3D\(name)", to: serverURL))
        settings.poolSize = 2
        administrator = ConnectionPool(settings, parameters: try settings.parameters(), metrics: NOOPMetricsHandler.instance)
    }

    /// Creates a schema that exists while `body` runs.
    static func with(_ body: (TestDatabase) async throws -> Void) async throws {
        let database = try TestDatabase(serverURL: try #require(serverURL))
        try await database.administrate(setCreation, script: "DO $$ BEGIN EXECUTE current_setting('test.create'); END $$")
        let result: Result<Void, any Error>
        do { result = .success(try await body(database)) } catch { result = .failure(error) }
        for store in database.stores.withLock({ $0 }) { await store.shutDown() }
        try await database.administrate(setRemoval, script: "DO $$ BEGIN EXECUTE current_setting('test.drop'); END $$")
        await database.administrator.shutDown()
        try result.get()
    }

    var settings: PostgresSettings { PostgresSettings(url: url) }

    /// Settings that connect through a proxy on this port.
    func settings(port: Int) throws -> PostgresSettings {
        var parts = try #require(URLComponents(string: url))
        parts.port = port
        return PostgresSettings(url: try #require(parts.string))
    }

    /// A proxy in front of the server.
    func proxy() async throws -> FaultProxy {
        let values = try settings.parameters().values
        return try await FaultProxy.start(to: values["host"] ?? "localhost", port: Int(values["port"] ?? "5432") ?? 5432)
    }

    /// Opens the tables again; the store is closed with the database.
    func store(
        _ settings: PostgresSettings? = nil, migrations: [Migration] = IdentityMigrations.all,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) throws -> IdentityStore {
        IdentityStore(try open(settings, migrations: migrations, metrics: metrics))
    }

    /// Like `store`, but without the layers built on top of it.
    func open(
        _ settings: PostgresSettings? = nil, migrations: [Migration] = IdentityMigrations.all,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) throws -> PostgresIdentityDatabase {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try PostgresIdentityDatabase(
            settings: settings ?? self.settings, migrations: migrations, logger: logger, metrics: metrics)
        stores.withLock { $0.append(store) }
        return store
    }

    /// Terminates all connections that stores have.
    ///
    /// - Returns: the number of connections.
    @discardableResult
    func endConnections() async throws -> Int { try await count(Self.end, name) }

    /// The first column of the first row.
    func count(_ statement: SQLStatement, _ value: String? = nil) async throws -> Int {
        try await administrator.withConnection { connection in
            Int(try connection.execute(statement, value.map { [.text($0)] } ?? []).map { $0.integer(0) }.first ?? 0)
        }
    }

    private static let end = SQLStatement(
        "end", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1")
    // Schema names cannot be bound as parameters, so the server builds the statements.
    private static let setCreation = SQLStatement(
        "set_create", "SELECT set_config('test.create', format('CREATE SCHEMA %I', $1::text), false)")
    private static let setRemoval = SQLStatement(
        "set_drop", "SELECT set_config('test.drop', format('DROP SCHEMA %I CASCADE', $1::text), false)")

    private func administrate(_ statement: SQLStatement, script: StaticString) async throws {
        try await administrator.withConnection { [name] connection in
            try connection.execute(statement, [.text(name)])
            try connection.execute(script: script)
        }
    }

    private static func adding(_ query: String, to url: String) -> String { url + (url.contains("?") ? "&" : "?") + query }
}

extension Trait where Self == ConditionTrait {
    static var needsPostgres: Self {
        .enabled(if: TestDatabase.serverURL != nil, "needs PIXELFLOW_TEST_POSTGRES_URL: `make stack-up` starts a server and prints it")
    }

    static var needsCertificate: Self {
        .enabled(if: TestDatabase.serverURL?.contains("sslrootcert=") == true, "needs sslrootcert in PIXELFLOW_TEST_POSTGRES_URL")
    }
}

extension IdentityStore {
    func add(_ user: User) async throws -> Bool {
        let audit = AuditEntry(
            id: UUIDv7.make(), organisation: user.tenant, at: user.createdAt, actor: user.id.rawValue, actorName: user.email,
            action: .userRegistered, address: "", requestID: "")
        return try await register(user, audit: audit)
    }
}

extension User {
    static func sample(_ email: String) -> User {
        User(
            id: UserID(UUIDv7.make()), email: email, passwordHash: "$2b$04$abcdefghijklmnopqrstuv", tenant: TenantID(UUIDv7.make()),
            createdAt: Timestamp(microseconds: 1_767_225_600_123_456))
    }
}

/// Requires `body` to fail as a store does when its backend is down.
func expectOutage(sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void) async -> PixelFlowError? {
    do {
        try await body()
        Issue.record("no outage", sourceLocation: sourceLocation)
        return nil
    } catch {
        let error = error as? PixelFlowError
        #expect(error?.retry == .outage, sourceLocation: sourceLocation)
        #expect(error?.code == "database_unavailable", sourceLocation: sourceLocation)
        return error
    }
}
