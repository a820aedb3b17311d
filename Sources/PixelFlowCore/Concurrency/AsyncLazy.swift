import Synchronization

/// A value that is loaded on first use and then kept.
///
/// Concurrent callers share one load. After a failure, the next caller tries again.
package final class AsyncLazy<Value: Sendable>: Sendable {
    private let loaded = Mutex<Value?>(nil)
    private let loading = SingleFlight<Value>()
    private let load: @Sendable () async throws -> Value

    package init(_ load: @escaping @Sendable () async throws -> Value) { self.load = load }

    /// The value. Once it is loaded, this costs only a lock.
    ///
    /// - Throws: the errors of loading; `CancellationError` as soon as the caller is cancelled while it waits.
    package var value: Value {
        get async throws {
            if let value = known { return value }
            return try await loading.run { [self] in
                // Another load may have completed between the check and this run.
                if let value = known { return value }
                let value = try await load()
                loaded.withLock { $0 = value }
                return value
            }
        }
    }

    /// Makes the next caller load the value again.
    package func forget() { loaded.withLock { $0 = nil } }

    private var known: Value? { loaded.withLock { $0 } }
}
