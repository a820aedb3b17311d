/// Runs `body`, cancels it after `limit`, and waits until it has stopped.
///
/// - Parameter error: created and thrown after the limit.
/// - Throws: `error`, or the errors of `body`.
package func cancelling<Value: Sendable>(
    after limit: Duration, throwing error: @autoclosure @escaping @Sendable () -> any Error,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: limit)
            throw error()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}

/// Runs `body` and returns at the latest after `limit`, even if `body` ignores cancellation and goes on in the background.
///
/// If the caller is cancelled, `body` is cancelled and abandoned immediately.
///
/// - Parameters:
///   - cancelLimit: when to cancel an abandoned `body`; by default at `limit`. An earlier time counts as `limit`.
///   - error: created and thrown after the limit.
/// - Throws: `error`, the errors of `body`, or `CancellationError` if the caller is cancelled.
package func abandoning<Value: Sendable>(
    after limit: Duration, cancellingAfter cancelLimit: Duration? = nil,
    throwing error: @autoclosure @escaping @Sendable () -> any Error, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let (outcomes, sink) = AsyncStream.makeStream(of: Result<Value, any Error>?.self, bufferingPolicy: .bufferingOldest(1))
    let work = Task {
        do { sink.yield(.success(try await body())) } catch { sink.yield(.failure(error)) }
    }
    let timer = Task {
        try await Task.sleep(for: limit)
        sink.yield(nil)
        if let cancelLimit { try await Task.sleep(for: cancelLimit - limit) }
        work.cancel()
    }
    for await outcome in outcomes {
        guard let outcome else { throw error() }
        timer.cancel()
        return try outcome.get()
    }
    // The stream ends early only because the caller is cancelled.
    work.cancel()
    timer.cancel()
    throw CancellationError()
}
