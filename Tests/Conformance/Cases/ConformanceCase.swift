/// One rule of a port, to be checked against a fresh implementation.
///
/// A suite lists its rules as `cases`; an adapter runs all of them with one parameterised test:
///
/// ```swift
/// @Test(arguments: TaskOwnerStoreConformance.cases)
/// func conforms(rule: ConformanceCase<TaskOwnerStoreConformance>) async throws {
///     try await rule.run { TaskOwnerStoreConformance(TaskStoreFixture(store: …)) }
/// }
/// ```
package struct ConformanceCase<Suite: Sendable>: Sendable, CustomStringConvertible {
    package let name: String
    private let check: @Sendable (Suite) async throws -> Void

    package init(_ name: String, _ check: @escaping @Sendable (Suite) async throws -> Void) {
        self.name = name
        self.check = check
    }

    package var description: String { name }

    /// Checks the rule.
    ///
    /// - Parameter make: creates an empty implementation that is independent of others.
    /// - Throws: `ConformanceFailure` if the rule is violated, and the errors of the implementation.
    package func run(_ make: () async throws -> Suite) async throws {
        try await check(try await make())
    }
}
