import PixelFlowCore
import Synchronization

/// The endpoints that this process has read within the last second, so that tasks of an organisation without any pay no round trip
/// for having none.
final class EndpointCache: Sendable {
    /// How old what a process goes by may be; also how long the answer to a change waits, so that nobody misses an event after it.
    static let age = Duration.seconds(1)

    private struct Entry {
        let endpoints: [WebhookEndpoint]
        let read: ContinuousClock.Instant
    }

    private let entries = Mutex<[TenantID: Entry]>([:])
    /// Organisations that are remembered; beyond it, all are forgotten and read again.
    private let capacity: Int

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// Nil if they have not been read, or too long ago.
    func endpoints(of tenant: TenantID) -> [WebhookEndpoint]? {
        guard let entry = entries.withLock({ $0[tenant] }), ContinuousClock.now - entry.read < Self.age else { return nil }
        return entry.endpoints
    }

    /// - Parameter read: when the read began.
    func put(_ endpoints: [WebhookEndpoint], of tenant: TenantID, read: ContinuousClock.Instant) {
        entries.withLock { entries in
            if entries.count >= capacity, entries[tenant] == nil { entries.removeAll() }
            entries[tenant] = Entry(endpoints: endpoints, read: read)
        }
    }

    func forget(_ tenant: TenantID) { entries.withLock { _ = $0.removeValue(forKey: tenant) } }
}
