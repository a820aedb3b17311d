package import PixelFlowCore

/// Archived rows have the same form in every database, so that accounts can move between SQLite and PostgreSQL.
extension IdentityStore: ArchivableStore {
    /// The prefix of the counter that names the backup that is being restored.
    private static let marker = "restore:"
    private static let markers = SQLStatement("archive_markers", "SELECT name FROM counters WHERE name LIKE 'restore:%'")
    private static let removeMarkers = SQLStatement("archive_remove_markers", "DELETE FROM counters WHERE name LIKE 'restore:%'")
    private static let addMarker = SQLStatement("archive_add_marker", "INSERT INTO counters (name, value) VALUES ($1, 0)")
    private static let unused = SQLStatement(
        "archive_accounts",
        """
        SELECT (SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1) AS a) + (SELECT count(*) FROM (SELECT 1 FROM organisations LIMIT 1) AS b)
            + (SELECT count(*) FROM (SELECT 1 FROM api_keys LIMIT 1) AS c)
        """)

    package var archiveForm: ArchiveForm { ArchiveForm(name: "accounts", schema: IdentitySchema.migrations.count + 1) }

    package func archiveState() async throws -> ArchiveState {
        var rows = 0
        for table in ArchivedTable.all { rows += try await count(table) }
        return try await database.read(.archive) { [rows] connection in
            let state = try Self.state(connection)
            return ArchiveState(rows: rows, isEmpty: state.isEmpty, restoring: state.restoring)
        }
    }

    /// In small steps, between which others get the connection.
    private func count(_ table: ArchivedTable) async throws -> Int {
        var position = table.start
        var count = 0
        while true {
            let (next, rest) = try await database.read(.archive) { [position] connection in
                var next: [SQLValue]?
                try connection.execute(table.countStep, position) { next = table.key(of: $0) }
                var rest = 0
                if next == nil { try connection.execute(table.countRest, position) { rest = Int($0.integer(0)) } }
                return (next, rest)
            }
            guard let next else { return count + rest }
            position = next
            count += ArchivedTable.countStep
        }
    }

    package func restoring() async throws -> String? { try await database.read(.archive) { try Self.restoring($0) } }

    package func archivedRows() -> ArchivedRows {
        ArchivedRows { [database] pipe in
            try await database.snapshot { connection in
                try pipe.begin()
                for table in ArchivedTable.all { try Self.read(table, connection, into: pipe) }
            }
        }
    }

    package func beginRestore(of backup: String) async throws {
        try await database.write(.archive) { connection in
            if try Self.hasBegun(backup, connection) { return }
            // One at a time; the other one may have begun meanwhile.
            try Self.lock(.setup, connection)
            if try Self.hasBegun(backup, connection) { return }
            // The first key and the counters of a service that has just started: those of the backup replace them.
            for table in ArchivedTable.all { try connection.execute(table.clear) }
            try connection.execute(Self.addMarker, .text(Self.marker + backup))
        }
    }

    package func restore(_ rows: [ArchiveRow], of backup: String) async throws {
        let writes = try rows.map(Self.write)
        try await database.write(.archive) { connection in
            guard try Self.restoring(connection) == backup else { throw PixelFlowError.restoreNotBegun }
            for (row, (statement, values)) in zip(rows, writes) {
                do {
                    try connection.execute(statement, values, read: { _ in })
                } catch let violation as UniqueViolation {
                    throw PixelFlowError.archiveRowConflict(row.table, violation.constraint, cause: violation)
                }
            }
        }
    }

    package func finishRestore(of backup: String) async throws {
        try await database.write(.archive) { connection in
            guard try Self.restoring(connection) == backup else { return }
            try connection.execute(Self.removeMarkers)
        }
    }

    /// Column names by table, for a test that looks for forgotten columns.
    package static var archivedColumns: [String: [String]] {
        Dictionary(uniqueKeysWithValues: ArchivedTable.all.map { ($0.name, $0.columns.map(\.name.description)) })
    }

    /// - Throws: `restore_not_empty`, `restore_of_another`.
    private static func hasBegun(_ backup: String, _ connection: any SQLConnection) throws -> Bool {
        let (isEmpty, restoring) = try state(connection)
        return try ArchiveState(rows: 0, isEmpty: isEmpty, restoring: restoring).requireRoom(for: backup, holding: "accounts")
    }

    private static func state(_ connection: any SQLConnection) throws -> (isEmpty: Bool, restoring: String?) {
        (try connection.count(unused) == 0, try restoring(connection))
    }

    /// The backup that is being restored, if any. While it is set, no mail is sent and no one can register.
    static func restoring(_ connection: any SQLConnection) throws -> String? {
        try connection.rows(markers) { $0.text(0) }.first.map { String($0.dropFirst(marker.count)) }
    }

    private static func read(_ table: ArchivedTable, _ connection: any SQLConnection, into pipe: ArchivePipe) throws {
        var position = table.start
        while true {
            var rows: [[SQLValue]] = []
            try connection.execute(table.page, position) { row in
                rows.append(table.columns.indices.map { table.columns[$0].isText ? .text(row.text($0)) : .integer(row.integer($0)) })
            }
            guard let last = rows.last else { return }
            position = zip(table.columns, last).filter(\.0.isKey).map(\.1)
            try pipe.send(rows.filter { !isMarker(table, $0) }.map { ArchiveRow(table: table.name, values: $0.map(ArchiveValue.init)) })
        }
    }

    private static func isMarker(_ table: ArchivedTable, _ values: [SQLValue]) -> Bool {
        guard table.name == "counters", case .text(let name) = values.first else { return false }
        return name.hasPrefix(marker)
    }

    private static func write(_ row: ArchiveRow) throws(PixelFlowError) -> (SQLStatement, [SQLValue]) {
        guard let table = ArchivedTable.all.first(where: { $0.name == row.table }), table.columns.count == row.values.count else {
            throw .archiveRowInvalid("There is no table \(row.table) with \(row.values.count) columns.")
        }
        var values: [SQLValue] = []
        for (column, value) in zip(table.columns, row.values) {
            switch (value, column.isText) {
            case (.text(let text), true): values.append(.text(text))
            case (.integer(let number), false):
                try ArchiveValue.requireNumber(number, in: "\(row.table).\(column.name)")
                values.append(.integer(number))
            default: throw .archiveRowInvalid("A value of \(row.table).\(column.name) is of another type: \(value.kind).")
            }
        }
        return (table.write, values)
    }
}

extension ArchiveValue {
    fileprivate init(_ value: SQLValue) {
        switch value {
        case .text(let text): self = .text(text)
        case .integer(let number): self = .integer(number)
        }
    }
}
