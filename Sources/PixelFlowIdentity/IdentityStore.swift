import PixelFlowCore

/// Stores accounts, organisations and their credentials. Each call is one transaction, which also writes the resulting audit entries and
/// revocations.
package struct IdentityStore: Sendable {
    package let database: any SQLDatabase
    /// A read of the audit log may pass over all entries of an organisation. Organisations take turns, and none occupies the connections
    /// that logins and sessions need.
    let auditReads = FairAsyncSemaphore<TenantID>(
        limits: FairSemaphoreLimits(permits: 2, permitsOfOneKey: 1, waiting: 1000, waitingOfOneKey: 50), waitTimeout: .seconds(10))

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// Returns if the database responds, and throws otherwise.
    package func check() async throws { try await database.check() }
}
