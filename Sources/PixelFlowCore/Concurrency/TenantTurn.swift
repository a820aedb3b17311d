/// Stores let the reads of tenants take turns, so that many reads of one tenant do not delay those of another.
///
/// Services that work for all tenants, one after the other, do not wait for turns: behind the reads of one tenant, the work for all others
/// would wait as well. Each has at most a few reads in progress.
package enum TenantTurn {
    @TaskLocal private static var isWaived = false

    /// Whether a read for a tenant must wait for the tenant's turn.
    package static var isRequired: Bool { !isWaived }

    /// Runs `body`; its reads, and those of its child tasks, wait for no turn.
    package static func waived<Value>(isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value) async rethrows
        -> Value
    {
        try await $isWaived.withValue(true) { try await body() }
    }
}
