/// One rule of a port, to be checked against a fresh implementation.
///
/// A suite lists its rules as `cases`; an adapter runs all of them with one parameterised test:
///
/// ```swift
/// @Test(arguments: TaskOwnerStoreConformance.cases)
/// func keeps(rule: ConformanceCase<TaskOwnerStoreConformance>) async throws {
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
    /// - Parameter make: makes an implementation that holds nothing yet and shares nothing with others.
    /// - Throws: `ConformanceFailure` where the rule is broken, and whatever the implementation throws.
    package func run(_ make: () async throws -> Suite) async throws {
        try await check(try await make())
    }
}
