import PixelFlowCore
import Synchronization

/// The quotas that this process has read lately, so that an organisation without one pays no round trip for having none.
final class QuotaCache: Sendable {
    private struct Entry {
        let quota: Quota
        let read: ContinuousClock.Instant
    }

    private let entries = Mutex<[TenantID: Entry]>([:])
    /// Organisations that are remembered; beyond it, all are forgotten and read again.
    private let capacity: Int

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// Nil if it has not been read, or too long ago.
    func quota(of tenant: TenantID) -> Quota? {
        guard let entry = entries.withLock({ $0[tenant] }), ContinuousClock.now - entry.read < QuotaAge.limit else { return nil }
        return entry.quota
    }

    /// - Parameter read: when the read began.
    func put(_ quota: Quota, of tenant: TenantID, read: ContinuousClock.Instant) {
        entries.withLock { entries in
            if entries.count >= capacity, entries[tenant] == nil { entries.removeAll() }
            entries[tenant] = Entry(quota: quota, read: read)
        }
    }
}
