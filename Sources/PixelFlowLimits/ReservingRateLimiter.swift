import Synchronization
import WireFormats

/// Reserves several requests in advance for callers who send many and are far from their limits, so that most of their requests need
/// no round trip.
///
/// Requests are counted when they are reserved, before they are used, so replicas together never admit more than the quota and what
/// is earned back in `grace`. Above half of the quota, each request is counted individually, so the quota is exact where it matters. A
/// caller who stops loses the unused reservation, at most a 64th of the quota per replica, until it is earned back.
package final class ReservingRateLimiter: RateLimiter {
    /// The maximum reservation, regardless of the quota.
    static let mostAhead = 256
    /// A reservation is at most the quota divided by this. Smaller quotas than this are never reserved.
    static let part = 64
    /// The maximum number of callers with a reservation.
    static let capacity = 10_000
    /// In microseconds. A caller sends many requests if it uses half of a reservation within this time.
    static let pace: Int64 = 250_000
    /// In microseconds. What is earned back within this time may still be used: otherwise, quotas that are earned back faster than
    /// requests arrive would save nothing.
    static let grace: Int64 = 100_000

    /// All times are microseconds since `epoch`.
    fileprivate struct Reservation {
        /// Reserved requests that have not been made.
        var left = 0
        /// The size of the last reservation, and its time.
        var size = 1
        var made: Int64
        /// Unused requests expire at this time.
        var end: Int64
        /// When each bucket's full quota would be available if the entire reservation were used. Never decreases in a counter.
        var full: [Int64]
        /// Whether a round trip for the next reservation is in progress.
        var isBeingRenewed = false
    }

    private let counter: any RateLimiter
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let epoch: ContinuousClock.Instant
    private let reservations = Mutex<[[RateBucket]: Reservation]>([:])

    /// - Parameters:
    ///   - counter: the limiter whose round trips are to be saved.
    ///   - clock: the time.
    package init(_ counter: any RateLimiter, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.counter = counter
        self.clock = clock
        epoch = clock()
    }

    private var now: Int64 { (clock() - epoch).microseconds }

    package func admit(_ requests: Int, in buckets: [RateBucket]) async throws -> RateDecision {
        let most = min(Self.mostAhead, (buckets.map(\.limit.quota).min() ?? 0) / Self.part)
        guard requests == 1, most > 1 else { return try await counter.admit(requests, in: buckets) }
        switch take(of: buckets, most: most) {
        case .taken(let decision): return decision
        case .takenHalf(let decision, let next):
            // Reserve the next requests while the second half is in use. If this fails, the first request without a reservation gets
            // the error.
            Task { _ = try? await reserve(next, in: buckets, isUsed: false) }
            return decision
        case .nothing(let next): return try await reserve(next, in: buckets, isUsed: true)
        }
    }

    package func preview(_ buckets: [RateBucket]) async throws -> RateDecision { try await counter.preview(buckets) }

    package func clear(_ buckets: [RateBucket]) async throws {
        reservations.withLock { reservations in
            for reserved in reservations.keys where !Set(reserved).isDisjoint(with: buckets) { reservations[reserved] = nil }
        }
        try await counter.clear(buckets)
    }

    fileprivate enum Taking {
        case taken(RateDecision)
        /// - Parameter next: requests to reserve now.
        case takenHalf(RateDecision, next: Int)
        case nothing(next: Int)
    }

    private func take(of buckets: [RateBucket], most: Int) -> Taking {
        let now = now
        return reservations.withLock { reservations in
            guard let index = reservations.index(forKey: buckets) else { return .nothing(next: 1) }
            return reservations.values[index].take(of: buckets, most: most, at: now)
        }
    }

    /// - Parameter isUsed: whether one of the requests is made now.
    private func reserve(_ count: Int, in buckets: [RateBucket], isUsed: Bool) async throws -> RateDecision {
        do {
            let decision = try await counter.admit(count, in: buckets)
            if decision.isAllowed { return keep(count, decision, of: buckets, isUsed: isUsed) }
            if count > 1 { isNotRenewed(buckets) }
            return isUsed && count > 1 ? try await counter.admit(buckets) : decision
        } catch {
            if count > 1 { isNotRenewed(buckets) }
            throw error
        }
    }

    private func keep(_ count: Int, _ decision: RateDecision, of buckets: [RateBucket], isUsed: Bool) -> RateDecision {
        let now = now
        let end = now + (buckets.map(\.limit.window.microseconds).min() ?? 0) / 8
        let full = decision.balances.map { now + $0.reset.microseconds }
        return reservations.withLock { reservations in
            var reservation = Reservation(made: now, end: end, full: full)
            if let before = reservations[buckets], now < before.end {
                reservation = before
                reservation.full = zip(before.full, full).map { max($0, $1) }
            } else {
                Self.makeRoom(in: &reservations, at: now)
            }
            // A request that is counted individually during a reservation changes only the balance.
            if count > 1 || reservation.left == 0 && !reservation.isBeingRenewed {
                reservation.left += count - (isUsed ? 1 : 0)
                (reservation.size, reservation.made, reservation.end) = (count, now, end)
                reservation.isBeingRenewed = false
            }
            reservations[buckets] = reservation
            return reservation.decision(of: buckets, at: now)
        }
    }

    private func isNotRenewed(_ buckets: [RateBucket]) {
        reservations.withLock { $0[buckets]?.isBeingRenewed = false }
    }

    /// Evicts expired reservations, or all if these are few, which spreads the cost of the scan over many requests.
    private static func makeRoom(in reservations: inout [[RateBucket]: Reservation], at now: Int64) {
        guard reservations.count >= capacity else { return }
        reservations = reservations.filter { now < $0.value.end }
        if reservations.count > capacity / 4 * 3 { reservations = [:] }
    }
}

extension ReservingRateLimiter.Reservation {
    fileprivate mutating func take(of buckets: [RateBucket], most: Int, at now: Int64) -> ReservingRateLimiter.Taking {
        guard now < end else { return .nothing(next: 1) }
        let isShort = !isBeingRenewed && left <= size / 2 + 1
        let renews = isShort && now - made < ReservingRateLimiter.pace && isFarFromLimits(of: buckets, at: now)
        let next = renews ? min(most, size * 2) : 1
        if renews { isBeingRenewed = true }
        left = min(left, unearned(of: buckets, at: now))
        guard left > 0 else { return .nothing(next: next) }
        left -= 1
        let decision = decision(of: buckets, at: now)
        return renews ? .takenHalf(decision, next: next) : .taken(decision)
    }

    /// How much of the reservation has not been earned back: the rest is available in the buckets again and must not be used twice.
    private func unearned(of buckets: [RateBucket], at now: Int64) -> Int {
        var least = Int64(left)
        for (bucket, full) in zip(buckets, full) { least = min(least, (full - now + ReservingRateLimiter.grace) / bucket.limit.interval) }
        return max(0, Int(least))
    }

    /// Whether more than half of each quota is available.
    private func isFarFromLimits(of buckets: [RateBucket], at now: Int64) -> Bool {
        decision(of: buckets, at: now).balances.allSatisfy { $0.remaining > $0.limit.quota / 2 }
    }

    /// The state of the buckets if unused reservations are not counted.
    fileprivate func decision(of buckets: [RateBucket], at now: Int64) -> RateDecision {
        RateDecision(
            zip(buckets, full).map { bucket, full in
                let limit = bucket.limit
                let reset = min(max(0, full - now - Int64(left) * limit.interval), limit.capacity)
                return RateDecision.Balance(
                    limit: limit, remaining: Int((limit.capacity - reset) / limit.interval), reset: reset, wait: 0)
            })
    }
}
