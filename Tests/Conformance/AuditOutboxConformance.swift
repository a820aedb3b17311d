package import PixelFlowCore

/// The rules of `AuditOutbox`, checked only through the port.
package struct AuditOutboxConformance: Sendable {
    let outbox: any AuditOutbox
    let reopen: @Sendable () async throws -> any AuditOutbox

    /// - Parameter reopen: closes what `outbox` uses and opens the same data again.
    package init(outbox: any AuditOutbox, reopen: @escaping @Sendable () async throws -> any AuditOutbox) {
        self.outbox = outbox
        self.reopen = reopen
    }

    /// All rules.
    package static let cases: [ConformanceCase<AuditOutboxConformance>] = [
        ConformanceCase("audit outbox: an entry is delivered once its action is settled") { try await $0.settledEntriesAreDelivered() },
        ConformanceCase("audit outbox: an unsettled entry is delivered after its deadline") {
            try await $0.unsettledEntriesAreNotForgotten()
        },
        ConformanceCase("audit outbox: a delivered entry is not returned again") { try await $0.deliveredEntriesStayAway() },
        ConformanceCase("audit outbox: the oldest entries come first, up to the limit") { try await $0.theOldestFirst() },
        ConformanceCase("audit outbox: an entry added 20 times concurrently exists once") { try await $0.manyAddTheSame() },
    ]

    private static let start = Timestamp(microseconds: 1_767_225_600_123_456)

    private func entry(_ number: Int) -> AuditEntry {
        let at = Self.start + .seconds(number)
        return AuditEntry(
            id: UUIDv7.make(at: at), organisation: TenantID("tenant-\(number % 2)"), at: at, actor: "user-1", actorName: "ada@example.org",
            action: .presetSaved, target: "shop", detail: "\u{201E}detail\u{201C} \(number)", address: "2001:db8::1",
            requestID: "request-\(number)",
            quota: number.isMultiple(of: 2)
                ? QuotaWarning(quota: "tasks_per_month", threshold: 80, used: 812, limit: 1000, month: Self.start) : nil)
    }

    private func waiting(_ outbox: any AuditOutbox, before time: Timestamp = start, limit: Int = 100) async throws
        -> [UndeliveredAuditEntry]
    {
        try await outbox.undeliveredAudit(before: time, limit: limit)
    }

    func settledEntriesAreDelivered() async throws {
        var entry = entry(1)
        try await outbox.addAudit(entry)
        try requireEqual(try await waiting(outbox), [], "before it is settled")
        try requireEqual(try await outbox.auditBacklog(), 1, "waiting, whether it is settled or not")
        entry.detail = "what became of it"
        try await outbox.settleAudit(entry)
        let found = try await waiting(try await reopen())
        try requireEqual(found, [UndeliveredAuditEntry(entry, isSettled: true)], "settled, after reopening")
    }

    func unsettledEntriesAreNotForgotten() async throws {
        let entries = [entry(1), entry(2)]
        for entry in entries { try await outbox.addAudit(entry) }
        let later = try await reopen()
        try requireEqual(try await waiting(later, before: entries[0].at), [], "too early")
        try requireEqual(
            try await waiting(later, before: entries[1].at), [UndeliveredAuditEntry(entries[0], isSettled: false)], "when one is old")
    }

    func deliveredEntriesStayAway() async throws {
        let (entry, other) = (entry(1), entry(2))
        for entry in [entry, other] { try await outbox.addAudit(entry) }
        try await outbox.removeAudit([entry.id])
        try await outbox.removeAudit([entry.id])
        try await outbox.removeAudit([])
        // The action has taken too long: its entry has already been delivered.
        try await outbox.settleAudit(entry)
        try requireEqual(try await outbox.auditBacklog(), 1, "the other one")
        try requireEqual(try await waiting(outbox, before: Self.start + .seconds(60)).map(\.entry), [other], "remaining entries")
    }

    func theOldestFirst() async throws {
        let entries = (0..<7).map(entry)
        for entry in entries.reversed() {
            try await outbox.addAudit(entry)
            try await outbox.settleAudit(entry)
        }
        try requireEqual(try await waiting(outbox, limit: 3).map(\.entry), Array(entries.prefix(3)), "the first")
        try await outbox.removeAudit(entries.prefix(3).map(\.id))
        try requireEqual(try await waiting(outbox, limit: 10).map(\.entry), Array(entries.dropFirst(3)), "the rest")
        try requireEqual(try await outbox.auditBacklog(), 4, "waiting")
    }

    func manyAddTheSame() async throws {
        let (outbox, entry) = (outbox, entry(1))
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<20 { group.addTask { try await outbox.addAudit(entry) } }
        }
        try await outbox.settleAudit(entry)
        try await outbox.addAudit(entry)
        try requireEqual(try await waiting(outbox), [UndeliveredAuditEntry(entry, isSettled: true)], "one, and settled")
    }
}
