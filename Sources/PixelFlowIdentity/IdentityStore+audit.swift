import FoundationEssentials
package import PixelFlowCore
import WireFormats

/// The audit log is append-only; entries are deleted when they exceed the configured age.
extension IdentityStore {
    /// Selects audit entries.
    package struct AuditFilter: Sendable, Hashable {
        package var action: AuditAction?
        /// The id of a user or a key.
        package var actor: String?
        package var since: Timestamp?
        package var until: Timestamp?

        package init(action: AuditAction? = nil, actor: String? = nil, since: Timestamp? = nil, until: Timestamp? = nil) {
            self.action = action
            self.actor = actor
            self.since = since
            self.until = until
        }
    }

    private static let insert = SQLStatement(
        "append_audit",
        """
        INSERT INTO audit_log (id, organisation, at, actor, actor_name, action, target, detail, address, request_id, quota)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING
        """)
    private static let start: StaticString = """
        SELECT id, organisation, at, actor, actor_name, action, target, detail, address, request_id, quota FROM audit_log
        WHERE organisation = $1 AND id < $2 AND at >= $3 AND at < $4
        """
    private static let end: StaticString = " ORDER BY id DESC LIMIT $5"
    /// One for each combination of filters, because a condition that may be absent uses no index.
    private static let page = SQLStatement(["audit_page"], [start, end])
    private static let pageOfAction = SQLStatement(["audit_page", "_of_action"], [start, " AND action = $6", end])
    private static let pageOfActor = SQLStatement(["audit_page", "_of_actor"], [start, " AND actor = $6", end])
    private static let pageOfBoth = SQLStatement(["audit_page", "_of_both"], [start, " AND action = $6 AND actor = $7", end])

    private static let isThere = SQLStatement("audit_entry_is_there", "SELECT count(*) FROM audit_log WHERE id = $1")

    /// Whether the transaction that writes this entry was already committed. It runs again if the response to the commit was lost.
    static func isDone(_ entry: AuditEntry, _ connection: any SQLConnection) throws -> Bool {
        try connection.count(isThere, .text(entry.id)) > 0
    }

    package func append(_ entry: AuditEntry) async throws {
        try await database.write(.audit) { try Self.append(entry, $0) }
    }

    /// Entries of an organisation, the newest first.
    ///
    /// - Parameter id: only entries before this one.
    /// - Throws: `database_busy` if too many reads of the audit log wait already.
    package func audit(
        of organisation: TenantID, before id: String?, _ filter: AuditFilter = AuditFilter(), limit: Int
    ) async throws -> [AuditEntry] {
        do {
            return try await auditReads.withPermit(organisation) {
                try await database.read(.audit) { connection in
                    try UnreadableRows.page(limit: limit) { limit in
                        let (statement, values) = Self.statement(of: organisation, before: id, filter, limit: limit)
                        var entries: [AuditEntry?] = []
                        try connection.execute(statement, values) { entries.append(Self.entry($0)) }
                        return entries
                    }
                }
            }
        } catch let error as AdmissionError {
            throw PixelFlowError.busy("database", cause: error)
        }
    }

    static func statement(
        of organisation: TenantID, before id: String?, _ filter: AuditFilter, limit: Int
    ) -> (statement: SQLStatement, values: [SQLValue]) {
        let values: [SQLValue] = [
            // Greater than every UUID.
            .id(organisation), .text(id ?? "g"), .integer(filter.since?.microseconds ?? 0),
            .integer(filter.until?.microseconds ?? Int64.max), .number(limit),
        ]
        switch (filter.action, filter.actor) {
        case (nil, nil): return (page, values)
        case (let action?, nil): return (pageOfAction, values + [.text(action.rawValue)])
        case (nil, let actor?): return (pageOfActor, values + [.text(actor)])
        case (let action?, let actor?): return (pageOfBoth, values + [.text(action.rawValue), .text(actor)])
        }
    }

    /// - Returns: false if the entry already exists.
    @discardableResult
    static func append(_ entry: AuditEntry, _ connection: any SQLConnection) throws -> Bool {
        let values: [SQLValue] = [
            .text(entry.id), .id(entry.organisation), .time(entry.at), .text(entry.actor), .text(entry.actorName),
            .text(entry.action.rawValue), .text(entry.target), .text(entry.detail), .text(entry.address), .text(entry.requestID),
            .text(try entry.quota.map { String(decoding: try JSONStreamEncoder(sortsKeys: false).encode($0), as: UTF8.self) } ?? ""),
        ]
        return try connection.execute(insert, values, read: { _ in }) == 1
    }

    /// Nil if the action is unknown, because a newer release wrote it.
    static func entry(_ row: any SQLRow) -> AuditEntry? {
        guard let action = AuditAction(rawValue: row.text(5)) else { return nil }
        return AuditEntry(
            id: row.text(0), organisation: TenantID(row.text(1)), at: row.time(2), actor: row.text(3), actorName: row.text(4),
            action: action,
            target: row.text(6), detail: row.text(7), address: row.text(8), requestID: row.text(9),
            // Also nil for a value that only a newer release can read; the rest of the entry is valid.
            quota: row.optionalText(10).flatMap { try? JSONDecoder().decode(QuotaWarning.self, from: Data($0.utf8)) })
    }
}
