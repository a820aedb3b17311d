import Synchronization

/// A value that is loaded when it is first needed and kept from then on.
///
/// Callers that come while it is loaded share one load; after a failure the next caller tries again.
package final class AsyncLazy<Value: Sendable>: Sendable {
    private let loaded = Mutex<Value?>(nil)
    private let loading = SingleFlight<Value>()
    private let load: @Sendable () async throws -> Value

    package init(_ load: @escaping @Sendable () async throws -> Value) { self.load = load }

    /// The value; costs a lock once it is loaded.
    ///
    /// - Throws: what loading throws; `CancellationError` as soon as the caller is cancelled while it waits.
    package var value: Value {
        get async throws {
            if let value = known { return value }
            return try await loading.run { [self] in
                // A load that has ended between the look and this run is not repeated.
                if let value = known { return value }
                let value = try await load()
                loaded.withLock { $0 = value }
                return value
            }
        }
    }

    /// Has the next caller load the value anew.
    package func forget() { loaded.withLock { $0 = nil } }

    private var known: Value? { loaded.withLock { $0 } }
}
