import PixelFlowCore

/// Accounts, organisations and everything that speaks for them. Each call is one transaction; what it changes it also writes to
/// the audit log and to the list of revocations, in that transaction.
package struct IdentityStore: Sendable {
    package let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// Returns if the database answers, throws if not.
    package func check() async throws { try await database.check() }
}
