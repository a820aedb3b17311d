/// Quotas of organisations and what they use, in the task database.
///
/// The quotas bound what `TaskOwnerStore.create` and `replay` admit, exactly, however many calls race: they throw
/// `quota_exceeded` beyond them. What is used follows from the tasks themselves, so that no crash makes it drift.
package protocol UsageStore: Sendable {
    /// `Quota.unlimited` unless set.
    ///
    /// May be as old as `QuotaAge.limit` where another process has set it.
    func quota(of tenant: TenantID) async throws -> Quota
    func setQuota(_ quota: Quota, of tenant: TenantID) async throws
    func usage(of tenant: TenantID) async throws -> Usage
    /// Tasks that are PENDING or PROCESSING.
    func tasksInFlight(of tenant: TenantID) async throws -> Int

    /// Tasks that ended longer ago than the retention of their organisations, at most `limit`.
    func pastRetention(limit: Int) async throws -> [ExpiredTask]
    /// Forgets what deleted tasks have used longer than `UsageDay.kept` days ago, at most `limit` entries.
    ///
    /// - Returns: how many.
    func forgetUsage(limit: Int) async throws -> Int
}

/// A task whose time is over.
package struct ExpiredTask: Sendable, Hashable {
    package let id: TaskID
    package let tenant: TenantID

    package init(id: TaskID, tenant: TenantID) {
        self.id = id
        self.tenant = tenant
    }
}

/// How long a process may go by a quota that it has read.
package enum QuotaAge {
    package static let limit = Duration.seconds(10)
}
