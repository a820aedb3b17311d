/// Asks again and again until there is an answer.
///
/// - Parameter deadline: when to give up.
/// - Throws: `ConformanceFailure` with `what` after the deadline, and whatever `body` throws.
public func eventually<Value>(
    within deadline: Duration = .seconds(10), _ what: String, file: String = #fileID, line: Int = #line,
    _ body: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + deadline
    while true {
        if let value = try await body() { return value }
        guard ContinuousClock.now < end else {
            throw ConformanceFailure("not within \(deadline): \(what)", file: file, line: line)
        }
        // Polled, because the other side may be a server that tells nobody.
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Runs `body`, but waits no longer for it than `deadline`.
///
/// - Throws: `ConformanceFailure` with `what` after the deadline; `body` is cancelled then, and left alone if it does not care.
public func within<Value: Sendable>(
    _ deadline: Duration = .seconds(20), _ what: String, file: String = #fileID, line: Int = #line,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let (outcomes, sink) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
    let work = Task {
        do { sink.yield(.success(try await body())) } catch { sink.yield(.failure(error)) }
    }
    let timer = Task {
        try await Task.sleep(for: deadline)
        sink.yield(.failure(ConformanceFailure("not within \(deadline): \(what)", file: file, line: line)))
    }
    defer {
        work.cancel()
        timer.cancel()
    }
    for await outcome in outcomes { return try outcome.get() }
    throw CancellationError()
}
