import Synchronization

/// Lets callers who ask the same at the same time share one answer.
final class SingleFlight<Value: Sendable>: Sendable {
    private let running = Mutex<Task<Value, any Error>?>(nil)

    func run(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let flight = running.withLock { running in
            if let running { return running }
            let flight = Task {
                defer { self.running.withLock { $0 = nil } }
                return try await body()
            }
            running = flight
            return flight
        }
        return try await flight.value
    }
}
