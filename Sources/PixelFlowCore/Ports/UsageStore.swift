/// Quotas and usage of organisations, stored in the task database.
///
/// The quotas limit what `TaskOwnerStore.create` and `replay` admit, exactly, regardless of concurrency: they throw
/// `quota_exceeded` beyond them. Usage is computed from the tasks themselves, so that no crash makes it inaccurate.
package protocol UsageStore: Sendable {
    /// `Quota.unlimited` unless set.
    ///
    /// May be up to `QuotaAge.limit` old if another process has changed it.
    func quota(of tenant: TenantID) async throws -> Quota
    func setQuota(_ quota: Quota, of tenant: TenantID) async throws
    func usage(of tenant: TenantID) async throws -> Usage
    /// The number of tasks that are PENDING or PROCESSING.
    func tasksInFlight(of tenant: TenantID) async throws -> Int

    /// Tasks that finished longer ago than the retention of their organisations, of the organisations after `previous` in order: at most
    /// `limit` of each organisation, and no further organisation once there are `limit` altogether. A pass from nil to the end thus visits
    /// every organisation, however many expired tasks each of them has. Leaves out tasks and quotas that only a newer version can read.
    func pastRetention(after previous: TenantID?, limit: Int) async throws -> ExpiredTaskPage
    /// Removes at most `limit` usage records of deleted tasks from more than `UsageDay.kept` days ago.
    ///
    /// - Returns: the number of removed records.
    func forgetUsage(limit: Int) async throws -> Int
}

/// A part of a pass over the organisations with a retention.
package struct ExpiredTaskPage: Sendable, Hashable {
    package var tasks: [ExpiredTask] = []
    /// The last organisation of the page; nil if there is none after it.
    package var last: TenantID?

    package init() {}
}

/// A task whose retention has ended.
package struct ExpiredTask: Sendable, Hashable {
    package let id: TaskID
    package let tenant: TenantID

    package init(id: TaskID, tenant: TenantID) {
        self.id = id
        self.tenant = tenant
    }
}

/// The maximum age of a quota that a process may use.
package enum QuotaAge {
    package static let limit = Duration.seconds(10)
}
