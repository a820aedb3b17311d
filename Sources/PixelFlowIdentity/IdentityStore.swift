import PixelFlowCore

/// Stores accounts, organisations and their credentials. Each call is one transaction, which also writes the resulting audit entries and
/// revocations.
package struct IdentityStore: Sendable {
    package let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// Returns if the database responds, and throws otherwise.
    package func check() async throws { try await database.check() }
}
