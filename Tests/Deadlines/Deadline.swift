/// Something that a test waited for and that did not come about in time.
package struct DeadlineExceeded: Error, CustomStringConvertible {
    /// What was waited for.
    package let what: String
    package let limit: Duration
    /// File and line of the wait.
    package let place: String

    package init(_ what: String, limit: Duration, file: String, line: Int) {
        self.what = what
        self.limit = limit
        self.place = "\(file):\(line)"
    }

    package var description: String { "not within \(limit): \(what) (\(place))" }
}

extension Duration {
    /// How long a test waits for what takes milliseconds where nothing else runs; a loaded machine takes a thousand times as long.
    package static let testDeadline = Duration.seconds(30)
}

/// Asks again and again until there is an answer.
///
/// - Parameter limit: when to give up.
/// - Throws: `DeadlineExceeded` with `what` after the limit, and whatever `body` throws.
// A closure that says true or false is a condition, and not an answer that has come.
@_disfavoredOverload
package func eventually<Value>(
    within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line,
    _ body: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    while true {
        if let value = try await body() { return value }
        guard ContinuousClock.now < end else { throw DeadlineExceeded(what, limit: limit, file: file, line: line) }
        // Polled, because the other side may be a server that tells nobody.
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Asks again and again until `condition` holds.
///
/// - Parameter limit: when to give up.
/// - Throws: `DeadlineExceeded` with `what` after the limit, and whatever `condition` throws.
package func eventually(
    within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(within: limit, what, file: file, line: line) { try await condition() ? () : nil }
}

/// Runs `body`, but waits no longer for it than `limit`.
///
/// - Throws: `DeadlineExceeded` with `what` after the limit; `body` is cancelled then, and left alone if it does not care.
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
