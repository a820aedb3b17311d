/// A condition that did not come true before its deadline.
package struct DeadlineExceeded: Error, CustomStringConvertible {
    /// What was waited for.
    package let what: String
    package let limit: Duration
    /// File and line of the wait.
    package let location: String

    package init(_ what: String, limit: Duration, file: String, line: Int) {
        self.what = what
        self.limit = limit
        self.location = "\(file):\(line)"
    }

    package var description: String { "not within \(limit): \(what) (\(location))" }
}

extension Duration {
    /// How long tests wait for what takes milliseconds on an idle machine; a loaded machine may take a thousand times as long.
    package static let testDeadline = Duration.seconds(30)
}

/// Polls until there is a result.
///
/// - Parameter limit: when to give up.
/// - Throws: `DeadlineExceeded` with `what` after the limit, and the errors of `body`.
// Disfavoured, because a closure that returns a Bool is a condition rather than a result.
@_disfavoredOverload
package func eventually<Value>(
    within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line,
    _ body: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    while true {
        if let value = try await body() { return value }
        guard ContinuousClock.now < end else { throw DeadlineExceeded(what, limit: limit, file: file, line: line) }
        // Polling, because the other side may be a server without notifications.
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Polls until `condition` is true.
///
/// - Parameter limit: when to give up.
/// - Throws: `DeadlineExceeded` with `what` after the limit, and the errors of `condition`.
package func eventually(
    within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(within: limit, what, file: file, line: line) { try await condition() ? () : nil }
}

/// Runs `body` with a time limit.
///
/// - Throws: `DeadlineExceeded` with `what` after the limit. `body` is then cancelled, and abandoned if it ignores this.
package func within<Value: Sendable>(
    _ limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let (outcomes, sink) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
    let work = Task {
        do { sink.yield(.success(try await body())) } catch { sink.yield(.failure(error)) }
    }
    let timer = Task {
        try await Task.sleep(for: limit)
        sink.yield(.failure(DeadlineExceeded(what, limit: limit, file: file, line: line)))
    }
    defer {
        work.cancel()
        timer.cancel()
    }
    for await outcome in outcomes { return try outcome.get() }
    throw CancellationError()
}
