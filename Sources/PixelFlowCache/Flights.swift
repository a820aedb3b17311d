import PixelFlowCore
import Synchronization

/// One run at a time of the reads of each key, shared by all who need its answer.
final class Flights<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let flights = Mutex<[Key: SingleFlight<Value>]>([:])

    /// Waits for the run of the key under way, or starts one.
    ///
    /// - Parameter onJoin: told, before the wait, whether a run was under way.
    /// - Throws: as `SingleFlight.run`.
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
