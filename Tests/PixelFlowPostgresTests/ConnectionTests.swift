import Conformance
import FaultProxy
import Metrics
import PixelFlowCore
import PixelFlowIdentity
import Testing

@testable import PixelFlowPostgres

@Suite("Connecting to PostgreSQL", .needsPostgres, .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test("a wrong password is named as the reason, and not shown")
    func wrongPasswordIsNamedAndNotShown() async throws {
        try await TestDatabase.with { database in
            let values = try database.settings.parameters().values
            let user = try #require(values["user"])
            let address = "\(values["host"] ?? "localhost"):\(values["port"] ?? "5432")"
            let store = try database.store(PostgresSettings(url: "postgres://\(user):correct-horse@\(address)/postgres"))
            let error = await expectOutage { try await store.check() }
            let text = try #require(error).description
            #expect(text.contains("password authentication failed for user \"\(user)\""))
            #expect(!text.contains("correct-horse"))
        }
    }

    @Test("the identity of a server is accepted only with a valid certificate", .needsCertificate)
    func serverCertificateIsVerified() async throws {
        try await TestDatabase.with { database in
            let trusting = try database.store(PostgresSettings(url: database.url + "&sslmode=verify-full"))
            try await trusting.check()
            #expect(try await trusting.add(.sample("ada@example.org")))
            let strangers = "/etc/ssl/certs/ca-certificates.crt"
            let doubting = try database.store(PostgresSettings(url: database.url + "&sslmode=verify-full&sslrootcert=\(strangers)"))
            let error = await expectOutage { try await doubting.check() }
            #expect(error?.description.contains("certificate") == true)
        }
    }

    @Test("if TLS is required, a server without TLS is refused")
    func serverWithoutTLSIsRefused() async throws {
        try await TestDatabase.with { database in
            try await withServerWithoutTLS { port in
                var settings = try database.settings(port: port)
                settings.url += "&sslmode=require"
                let store = try database.store(settings)
                let error = await expectOutage { try await store.check() }
                #expect(error?.description.contains("server does not support SSL, but SSL was required") == true)
            }
        }
    }

    @Test("a process may start before its database")
    func processStartsBeforeItsDatabase() async throws {
        try await TestDatabase.with { database in
            let proxy = try await database.proxy()
            try await proxy.refuseConnections()
            let store = try database.store(database.settings(port: proxy.port))
            _ = await expectOutage { try await store.check() }
            _ = await expectOutage { try await store.check() }
            try await proxy.acceptConnections()
            try await store.check()
            #expect(try await store.add(.sample("ada@example.org")))
            try await proxy.stop()
        }
    }

    @Test("a database that stays down is not tried on every call, and is found when it is back")
    func circuitOpensDuringAnOutage() async throws {
        try await TestDatabase.with { database in
            let proxy = try await database.proxy()
            let store = try database.store(database.settings(port: proxy.port))
            try await store.check()
            try await proxy.refuseConnections()
            await proxy.cutConnections()
            let refused = try await eventually("the circuit opens") {
                let error = await expectOutage { try await store.check() }
                return error?.description.contains("the circuit to postgres is open") == true ? true : nil
            }
            #expect(refused)
            try await proxy.acceptConnections()
            try await eventually("the store is back") { try? await store.check() }
            try await proxy.stop()
        }
    }

    @Test("a server that does not respond delays a caller only for a bounded time")
    func unresponsiveServerTimesOut() async throws {
        try await TestDatabase.with { database in
            let proxy = try await database.proxy()
            var settings = try database.settings(port: proxy.port)
            settings.commandTimeout = .milliseconds(300)
            let store = try database.store(settings)
            try await store.check()
            proxy.setBlackHole(true)
            let started = ContinuousClock.now
            _ = await expectOutage { try await store.check() }
            #expect(ContinuousClock.now - started < .seconds(5))
            proxy.setBlackHole(false)
            try await store.check()
            try await proxy.stop()
        }
    }

    @Test("a statement that takes too long is ended by the server, and the connection stays usable")
    func slowStatementIsEnded() async throws {
        try await TestDatabase.with { database in
            var settings = database.settings
            settings.commandTimeout = .milliseconds(200)
            settings.poolSize = 1
            let pool = ConnectionPool(settings, parameters: try settings.parameters(), metrics: NOOPMetricsHandler.instance)
            let before = try await pool.withConnection(Self.process)
            let failure = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { _ = try $0.execute(SQLStatement("sleep", "SELECT 1::bigint FROM pg_sleep(60)")) }
            }
            #expect(failure?.kind == .timedOut)
            #expect(try await pool.withConnection(Self.process) == before)
            await pool.shutDown()
        }
    }

    @Test("errors of the server reveal no stored value")
    func serverErrorsRevealNoValues() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            let first = User.sample("ada@example.org")
            #expect(try await store.add(first))
            var second = User.sample("bob@example.org")
            second.id = first.id
            let error = await expectOutage { [second] in _ = try await store.add(second) }
            let text = try #require(error).description
            #expect(text.contains("23505"))
            #expect(!text.contains(first.id.rawValue) && !text.contains("$2b$"))
        }
    }

    @Sendable private static func process(_ connection: PostgresConnection) throws -> Int64? {
        try connection.execute(SQLStatement("pid", "SELECT pg_backend_pid()::bigint")).map { $0.integer(0) }.first
    }
}
