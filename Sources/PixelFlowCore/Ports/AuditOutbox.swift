/// Audit entries that wait in the task database until the audit log has them.
///
/// An entry is added before its act and settled after it. A process that dies in between leaves an entry whose outcome nobody knows;
/// it is delivered all the same, because an audit log must rather tell of too much than of too little.
package protocol AuditOutbox: Sendable {
    /// Adds an entry whose act is about to begin; it survives a crash of the machine once this has returned. Adding it again changes
    /// nothing.
    func addAudit(_ entry: AuditEntry) async throws
    /// Replaces an entry by what became of its act. One that is no longer there has been delivered, and is not added again.
    func settleAudit(_ entry: AuditEntry) async throws
    /// Entries to be delivered, the oldest first: those that are settled, and those of before `time` that are not.
    func undeliveredAudit(before time: Timestamp, limit: Int) async throws -> [UndeliveredAuditEntry]
    /// Removes entries that were delivered, or whose act has not happened.
    func removeAudit(_ ids: [String]) async throws
    /// How many entries there are, settled or not.
    func auditBacklog() async throws -> Int
}

/// An entry that the audit log does not have yet.
package struct UndeliveredAuditEntry: Sendable, Hashable {
    package let entry: AuditEntry
    /// Whether it is known what became of the act.
    package let isSettled: Bool

    package init(_ entry: AuditEntry, isSettled: Bool) {
        self.entry = entry
        self.isSettled = isSettled
    }
}

/// The audit log, for services that cannot write to its database.
package protocol AuditSink: Sendable {
    /// Adds entries to the log. One that it has already is left as it is.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if the log does not answer; some may have been added.
    func append(_ entries: [AuditEntry]) async throws
}
