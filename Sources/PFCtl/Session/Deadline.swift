import Terminal

/// Runs work with a time limit.
enum Deadline {
    /// - Parameters:
    ///   - limit: Zero for no limit.
    ///   - state: The progress, for the error message.
    /// - Throws: `CommandError` with `timedOut`, or the errors of the body.
    static func within<Result: Sendable>(
        _ limit: Duration, _ what: String, state: @Sendable () -> String? = { nil }, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard limit > .zero else { return try await body() }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() ?? nil else {
                let rest = state().map { ": \($0)" } ?? ""
                throw CommandError(
                    .timedOut, "\(what) within \(DurationText.exact(limit))\(rest)",
                    hint: "raise --timeout to wait longer; pfctl status shows the progress")
            }
            return result
        }
    }
}
