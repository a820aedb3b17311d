package import PixelFlowCore
import Synchronization

/// Counts the requests of this process in bounded memory.
package final class InMemoryRateLimiter: RateLimiter {
    /// The maximum number of buckets, of some 200 bytes each.
    package static let defaultCapacity = 100_000

    private let times = Mutex<[RateBucket: Int64]>([:])
    private let capacity: Int
    private let clock: any WallClock

    /// - Parameter capacity: the maximum number of buckets; beyond it, those closest to their full quota are evicted.
    package init(capacity: Int = defaultCapacity, clock: any WallClock = SystemClock()) {
        self.capacity = max(1, capacity)
        self.clock = clock
    }

    /// The current number of buckets.
    package var count: Int { times.withLock { $0.count } }

    package func admit(_ buckets: [RateBucket]) -> RateDecision { admit(1, in: buckets) }

    package func admit(_ requests: Int, in buckets: [RateBucket]) -> RateDecision {
        let now = clock.now().microseconds
        return times.withLock { times in
            let states = buckets.map { GenericCellRate($0.limit, requests: requests, stored: times[$0], now: now) }
            let isAllowed = states.allSatisfy { $0.wait == 0 }
            if isAllowed {
                for (bucket, state) in zip(buckets, states) {
                    if times.count >= capacity, times[bucket] == nil { Self.makeRoom(in: &times, capacity: capacity, now: now) }
                    times[bucket] = state.next
                }
            } else {
                // This has an effect only if the clock was set back.
                for (bucket, state) in zip(buckets, states) where times[bucket] ?? 0 > state.full { times[bucket] = state.full }
            }
            return RateDecision(
                zip(buckets, states).map { bucket, state in
                    GenericCellRate.balance(bucket.limit, full: isAllowed ? state.next : state.full, wait: state.wait, now: now)
                })
        }
    }

    package func preview(_ buckets: [RateBucket]) -> RateDecision {
        let now = clock.now().microseconds
        let times = times.withLock { times in buckets.map { times[$0] } }
        return RateDecision(
            zip(buckets, times).map { bucket, time in
                let state = GenericCellRate(bucket.limit, stored: time, now: now)
                return GenericCellRate.balance(bucket.limit, full: state.full, wait: state.wait, now: now)
            })
    }

    package func clear(_ buckets: [RateBucket]) {
        times.withLock { times in
            for bucket in buckets { times[bucket] = nil }
        }
    }

    /// Evicts expired buckets and, if these are too few, the quarter closest to expiry, which spreads the cost of the
    /// scan over many requests.
    private static func makeRoom(in times: inout [RateBucket: Int64], capacity: Int, now: Int64) {
        times = times.filter { $0.value > now }
        guard times.count >= capacity else { return }
        for (bucket, _) in times.sorted(by: { $0.value < $1.value }).prefix(max(1, capacity / 4)) { times[bucket] = nil }
    }
}
