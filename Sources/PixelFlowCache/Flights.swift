import PixelFlowCore
import Synchronization

/// At most one read at a time for each key, shared by all callers that need its result.
final class Flights<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let flights = Mutex<[Key: SingleFlight<Value>]>([:])

    /// Waits for the current read of the key, or starts one.
    ///
    /// - Parameter onJoin: called before the wait; receives whether a read was in progress.
    /// - Throws: like `SingleFlight.run`.
    func run(_ key: Key, onJoin: (_ wasUnderWay: Bool) -> Void, _ read: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        let (flight, wasUnderWay) = flights.withLock { flights in
            if let flight = flights[key] { return (flight, true) }
            let flight = SingleFlight<Value>()
            flights[key] = flight
            return (flight, false)
        }
        defer { flights.withLock { if $0[key] === flight { $0[key] = nil } } }
        onJoin(wasUnderWay)
        return try await flight.run(read)
    }
}
