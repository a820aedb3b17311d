import AsyncPrimitives
import Terminal

/// Runs work with a time limit.
enum Deadline {
    /// - Parameters:
    ///   - limit: Zero for no limit.
    ///   - state: The progress, for the error message.
    /// - Throws: `CommandError` with `timedOut`, or the errors of the body.
    static func within<Result: Sendable>(
        _ limit: Duration, _ what: String, state: @escaping @Sendable () -> String? = { nil },
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard limit > .zero else { return try await body() }
        return try await cancelling(after: limit, throwing: failure(limit, what, state()), body)
    }

    private static func failure(_ limit: Duration, _ what: String, _ state: String?) -> CommandError {
        CommandError(
            .timedOut, "\(what) within \(DurationText.exact(limit))\(state.map { ": \($0)" } ?? "")",
            hint: "raise --timeout to wait longer; pfctl status shows the progress")
    }
}
