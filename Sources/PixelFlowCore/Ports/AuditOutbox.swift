/// Audit entries that wait in the task database until they are in the audit log.
///
/// An entry is added before its action and settled after it. If the process dies in between, the outcome is unknown, and the entry is
/// delivered anyway, because an audit log should rather contain too much than too little.
package protocol AuditOutbox: Sendable {
    /// Adds an entry before its action starts. On return, the entry survives a crash of the machine. Adding it again changes
    /// nothing.
    func addAudit(_ entry: AuditEntry) async throws
    /// Records the outcome of the action. An entry that no longer exists has been delivered and is not added again.
    func settleAudit(_ entry: AuditEntry) async throws
    /// Entries to deliver, oldest first: settled ones, and unsettled ones from before `time`.
    func undeliveredAudit(before time: Timestamp, limit: Int) async throws -> [UndeliveredAuditEntry]
    /// Removes entries that were delivered, or whose action did not happen.
    func removeAudit(_ ids: [String]) async throws
    /// The number of entries, settled or not.
    func auditBacklog() async throws -> Int
}

/// An entry that is not in the audit log yet.
package struct UndeliveredAuditEntry: Sendable, Hashable {
    package let entry: AuditEntry
    /// Whether the outcome of the action is known.
    package let isSettled: Bool

    package init(_ entry: AuditEntry, isSettled: Bool) {
        self.entry = entry
        self.isSettled = isSettled
    }
}

/// The audit log, for services that cannot write to its database.
package protocol AuditSink: Sendable {
    /// Adds entries to the log. Existing entries are not changed.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if the log does not respond; some entries may have been added.
    func append(_ entries: [AuditEntry]) async throws
}
