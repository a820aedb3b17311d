import NIOCore
import PixelFlowCore

/// Runs `work`, cancels it after `limit`, and waits until it has stopped.
///
/// - Throws: `source_timeout` if the limit was exceeded.
func within<Value: Sendable>(_ limit: Duration, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask(operation: work)
        group.addTask {
            try await Task.sleep(for: limit)
            throw PixelFlowError.sourceTimeout
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}

extension EventLoopPromise where Value: Sendable {
    /// Waits for the promise; if the task is cancelled, fails it immediately with `CancellationError`.
    func valueOrCancellation() async throws -> Value {
        try await withTaskCancellationHandler {
            try await futureResult.get()
        } onCancel: {
            fail(CancellationError())
        }
    }
}
