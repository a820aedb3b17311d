package import PixelFlowCore
import PixelFlowIdentity

extension PostgresIdentityDatabase: DiagnosableBackend {
    package var kind: String { "PostgreSQL" }

    package func diagnose() async throws -> [BackendFinding] {
        let latency = try await BackendFinding.latency { try await check() }
        let expected = IndexNames.made(by: migrator.migrations)
        let (server, indexes) = try await run(.diagnose) { connection in
            (try ServerState(connection), try connection.execute(.indexNames).map { $0.text(0) })
        }
        return [
            latency, .version(server.version, oldest: [13]), server.durability, server.role, server.encryption, server.clock,
            server.connections,
            .indexes(
                missing: expected.filter { !indexes.contains($0) }, of: expected.count,
                hint:
                    "restore them from a backup's schema, or by the statements of Sources/PixelFlowPostgres/Schema/IdentityMigrations.swift"
            ),
        ]
    }
}

extension SQLStatement {
    fileprivate static let serverState = SQLStatement(
        "server_state",
        """
        SELECT current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),
            current_setting('synchronous_commit'), pg_is_in_recovery()::int::bigint,
            coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), ''),
            (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, current_setting('max_connections')::bigint,
            (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL)::bigint
        """)
    /// Excludes invalid indexes left by a failed `CREATE INDEX CONCURRENTLY`.
    fileprivate static let indexNames = SQLStatement(
        "index_names",
        """
        SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indisvalid AND c.relnamespace = current_schema()::regnamespace
        """)
}

/// The state that the server reports at one moment.
private struct ServerState: Sendable {
    let version: String
    let durability: BackendFinding
    let role: BackendFinding
    let encryption: BackendFinding
    let clock: BackendFinding
    let connections: BackendFinding

    init(_ connection: PostgresConnection) throws {
        let local = SystemClock()
        let sent = local.now()
        let rows = try connection.execute(.serverState).map { row in
            Row(
                version: row.text(0), risks: Self.risks(fsync: row.text(1), pages: row.text(2), commit: row.text(3)),
                isStandby: row.integer(4) == 1, tls: row.text(5), time: Timestamp(microseconds: row.integer(6)),
                most: Int(row.integer(7)), open: Int(row.integer(8)))
        }
        let received = local.now()
        guard let row = rows.first else { throw PixelFlowError.unavailable("database") }
        version = row.version
        durability = Self.durability(risks: row.risks)
        role = Self.role(isStandby: row.isStandby)
        encryption = .encryption(!row.tls.isEmpty, details: row.tls, hint: "set sslmode=verify-full in PIXELFLOW_AUTH_DATABASE_URL")
        clock = .clock(row.time, sent: sent, received: received)
        connections = Self.connections(open: row.open, most: row.most)
    }

    private struct Row {
        let version: String
        let risks: [String]
        let isStandby: Bool
        let tls: String
        let time: Timestamp
        let most: Int
        let open: Int
    }

    private static func risks(fsync: String, pages: String, commit: String) -> [String] {
        [("fsync", fsync), ("full_page_writes", pages), ("synchronous_commit", commit)].filter { $0.1 == "off" }.map { "\($0.0) = off" }
    }

    private static func durability(risks: [String]) -> BackendFinding {
        let (name, title) = ("durability", "what is committed is on disk")
        guard !risks.isEmpty else { return .ok(name, title, "fsync and synchronous_commit are on") }
        return .failed(
            name, title, risks.joined(separator: ", "), hint: "turn it on: confirmed accounts may be gone after a crash")
    }

    private static func role(isStandby: Bool) -> BackendFinding {
        let (name, title) = ("primary", "it takes writes")
        guard isStandby else { return .ok(name, title, "a primary") }
        return .failed(
            name, title, "a standby", hint: "let PIXELFLOW_AUTH_DATABASE_URL name the primary, or set target_session_attrs=read-write")
    }

    private static func connections(open: Int, most: Int) -> BackendFinding {
        let (name, title) = ("connections", "connections are left")
        let reason = "\(open) of \(most) in use"
        guard open * 10 >= most * 8 else { return .ok(name, title, reason) }
        return .warning(name, title, reason, hint: "raise max_connections, or lower PIXELFLOW_AUTH_DATABASE_POOL_SIZE")
    }
}

/// The names of the indexes after all migrations.
enum IndexNames {
    static func made(by migrations: [Migration]) -> [String] {
        var names: [String] = []
        for migration in migrations {
            let sql = migration.sql.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
            for statement in sql.split(separator: ";") {
                let words = statement.split { $0.isWhitespace || $0 == "(" }.map(String.init)
                guard let verb = words.first?.uppercased(), let index = words.prefix(3).firstIndex(where: { $0.uppercased() == "INDEX" })
                else { continue }
                let name = words[(index + 1)...].first { !["IF", "NOT", "EXISTS", "CONCURRENTLY"].contains($0.uppercased()) }
                guard let name else { continue }
                if verb == "CREATE" { names.append(name) }
                if verb == "DROP" { names.removeAll { $0 == name } }
            }
        }
        return names
    }
}
