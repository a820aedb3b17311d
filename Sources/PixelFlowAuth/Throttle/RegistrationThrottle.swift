import PixelFlowCore
import Synchronization
import WireFormats

/// Limits registrations from one address: an hour's allowance at once, which is then refilled over time. A
/// refused registration costs neither a hash nor a database query.
final class RegistrationThrottle: Sendable {
    private struct Bucket {
        var spent: Double
        var lastUse: Timestamp
    }

    private let perHour: Double
    private let capacity: Int
    private let buckets = Mutex<[String: Bucket]>([:])
    private let clock: any WallClock

    /// - Parameters:
    ///   - perHour: registrations from one address.
    ///   - capacity: addresses remembered at most; the oldest are forgotten.
    init(perHour: Int, capacity: Int, clock: any WallClock) {
        self.perHour = Double(max(1, perHour))
        self.capacity = capacity
        self.clock = clock
    }

    var count: Int { buckets.withLock { $0.count } }

    /// Counts a registration from `address`, or refuses it. One without an address, as in a test, is let through.
    ///
    /// - Throws: `registration_throttled` (429) with the seconds to wait.
    func admit(_ address: String?) throws(PixelFlowError) {
        guard let address else { return }
        let now = clock.now()
        let wait = buckets.withLock { buckets -> Double in
            var spent = buckets[address].map { spentNow($0, at: now) } ?? 0
            // The request must fit into the allowance; the small tolerance covers rounding errors.
            guard spent + 1 <= perHour + 1e-6 else { return (spent + 1 - perHour) * 3600 / perHour }
            spent += 1
            if buckets[address] == nil {
                buckets.makeRoom(capacity: capacity, lastUse: \.lastUse) { spentNow($0, at: now) == 0 }
            }
            buckets[address] = Bucket(spent: spent, lastUse: now)
            return 0
        }
        guard wait == 0 else { throw Self.throttled(wait) }
    }

    private func spentNow(_ bucket: Bucket, at now: Timestamp) -> Double {
        max(0, bucket.spent - (now - bucket.lastUse).seconds * perHour / 3600)
    }

    private static func throttled(_ wait: Double) -> PixelFlowError {
        let seconds = max(1, Int((wait - 1e-6).rounded(.up)))
        return PixelFlowError(
            .throttled, code: "registration_throttled",
            "Too many registrations from your address; try again in \(seconds) seconds.",
            retry: .transient, retryAfter: seconds)
    }
}
