/// A table of the identity database as stored in a backup. All SQL is composed of literals.
///
/// A test compares the schema with this list: add a new column here, and a change of the schema to `IdentityStore.archiveForm`.
struct ArchivedTable: Sendable {
    let name: String
    let columns: [Column]
    private let literal: StaticString

    enum Column: Sendable {
        /// A column of the primary key.
        case textKey(StaticString)
        case integerKey(StaticString)
        case text(StaticString)
        case integer(StaticString)

        var name: StaticString {
            switch self {
            case .textKey(let name), .integerKey(let name), .text(let name), .integer(let name): name
            }
        }

        var isKey: Bool {
            switch self {
            case .textKey, .integerKey: true
            case .text, .integer: false
            }
        }

        var isText: Bool {
            switch self {
            case .textKey, .text: true
            case .integerKey, .integer: false
            }
        }
    }

    private init(_ name: StaticString, _ columns: Column...) {
        literal = name
        self.name = name.description
        self.columns = columns
    }

    /// A value that sorts before every key.
    var start: [SQLValue] { columns.filter(\.isKey).map { $0.isText ? .text("") : .integer(.min) } }

    /// The key in a row of `countStep`.
    func key(of row: any SQLRow) -> [SQLValue] {
        columns.filter(\.isKey).enumerated().map { $1.isText ? .text(row.text($0)) : .integer(row.integer($0)) }
    }

    private var names: [StaticString] { columns.map(\.name) }
    private var key: [StaticString] { columns.filter(\.isKey).map(\.name) }

    /// Selects the next page after a key, of `ArchiveRow.page` rows.
    var page: SQLStatement {
        SQLStatement(
            ["archive_page_", literal],
            ["SELECT "] + names.list + [" FROM ", literal, " WHERE ("] + key.list + [") > ("] + Self.parameters(key.count) + [") ORDER BY "]
                + key.list + [" LIMIT 200"])
    }

    /// The number of rows that a count reads at a time, so that none of its statements takes long.
    static let countStep = 10_000

    /// The key of the last of the `countStep` rows after a key; no row if there are fewer.
    var countStep: SQLStatement {
        SQLStatement(
            ["archive_count_step_", literal],
            ["SELECT "] + key.list + [" FROM ", literal, " WHERE ("] + key.list + [") > ("] + Self.parameters(key.count)
                + [") ORDER BY "] + key.list + [" LIMIT 1 OFFSET 9999"])
    }

    /// The number of rows after a key, at most `countStep`.
    var countRest: SQLStatement {
        SQLStatement(
            ["archive_count_rest_", literal],
            ["SELECT count(*) FROM (SELECT 1 FROM ", literal, " WHERE ("] + key.list + [") > ("] + Self.parameters(key.count)
                + [") LIMIT 10000) AS rest"])
    }

    var clear: SQLStatement { SQLStatement(["archive_clear_", literal], ["DELETE FROM ", literal]) }

    /// Inserts a row, or updates the row with the same key.
    var write: SQLStatement {
        let rest = columns.filter { !$0.isKey }.map(\.name)
        let change: [StaticString] =
            rest.isEmpty ? ["DO NOTHING"] : ["DO UPDATE SET "] + rest.map { [$0, " = excluded.", $0] }.joined(separator: [", "])
        return SQLStatement(
            ["archive_restore_", literal],
            ["INSERT INTO ", literal, " ("] + names.list + [") VALUES ("] + Self.parameters(columns.count) + [") ON CONFLICT ("]
                + key.list + [") "] + change)
    }

    private static let numbers: [StaticString] = [
        "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$16",
    ]

    private static func parameters(_ count: Int) -> [StaticString] { Array(numbers.prefix(count)).list }
}

extension [StaticString] {
    fileprivate var list: [StaticString] { Array(map { [$0] }.joined(separator: [", "])) }
}

extension ArchivedTable {
    /// In the order in which they are restored. Users come last, so that no one can sign in before all their data is restored.
    static let all = [
        ArchivedTable(
            "audit_log", .textKey("id"), .text("organisation"), .integer("at"), .text("actor"), .text("actor_name"), .text("action"),
            .text("target"), .text("detail"), .text("address"), .text("request_id"), .text("quota")),
        ArchivedTable(
            "revocations", .integerKey("sequence"), .text("kind"), .text("subject"), .text("organisation"), .integer("version"),
            .integer("at")),
        ArchivedTable("signing_keys", .textKey("id"), .text("private_key"), .integer("created_at")),
        ArchivedTable(
            "organisations", .textKey("id"), .text("name"), .text("personal_of"), .integer("created_at"), .integer("deleted_at"),
            .integer("revision")),
        ArchivedTable("muted_notices", .textKey("organisation"), .textKey("user_id"), .textKey("kind"), .integer("muted_at")),
        ArchivedTable(
            "task_mail", .textKey("organisation"), .textKey("user_id"), .text("choice"), .integer("told_until"), .integer("lease_until")),
        ArchivedTable("task_digests", .textKey("id"), .text("organisation"), .text("user_id"), .text("document"), .integer("expires_at")),
        ArchivedTable(
            "mail_outbox", .textKey("id"), .text("kind"), .text("recipient"), .integer("created_at"), .integer("expires_at"),
            .integer("attempts"), .integer("epoch"), .integer("lease_until"), .integer("next_attempt_at"), .text("subject"),
            .text("organisation")),
        ArchivedTable("password_resets", .textKey("hash"), .text("user_id"), .integer("created_at"), .integer("expires_at")),
        ArchivedTable("email_verifications", .textKey("hash"), .text("user_id"), .integer("created_at"), .integer("expires_at")),
        ArchivedTable(
            "second_factors", .textKey("user_id"), .text("secret"), .integer("created_at"), .integer("confirmed_at"), .integer("last_step"),
            .integer("failures"), .integer("failed_at")),
        ArchivedTable("recovery_codes", .textKey("user_id"), .textKey("hash")),
        ArchivedTable(
            "memberships", .textKey("organisation"), .textKey("user_id"), .text("role"), .integer("version"), .integer("created_at")),
        ArchivedTable(
            "invitations", .textKey("id"), .text("organisation"), .text("email"), .text("role"), .text("hash"), .text("invited_by"),
            .integer("created_at"), .integer("expires_at"), .text("accepted_by")),
        ArchivedTable(
            "sessions", .textKey("id"), .text("user_id"), .text("organisation"), .integer("generation"), .integer("rotated_at"),
            .integer("created_at"), .integer("last_used_at"), .integer("expires_at"), .text("device"), .text("address")),
        ArchivedTable(
            "api_keys", .textKey("id"), .text("organisation"), .text("name"), .text("hash"), .text("hint"), .text("scopes"),
            .text("networks"), .text("created_by"), .integer("created_at"), .integer("expires_at"), .integer("last_used_at"), .text("lane")),
        ArchivedTable("counters", .textKey("name"), .integer("value")),
        ArchivedTable(
            "users", .textKey("id"), .text("email"), .text("password_hash"), .text("tenant"), .integer("created_at"),
            .integer("disabled_at"), .integer("email_verified_at"), .integer("mail_refused_at")),
    ]
}
