import Synchronization
import WireFormats

/// Counts several requests ahead for callers who send many and are far from their limits, so that most of their requests need no
/// round trip.
///
/// What is counted ahead is counted before it is used, so that replicas together never admit more than the quota and what is earned in
/// `grace`. From half of the quota on, each request is counted by itself: the quota is exact where it matters. A caller who stops loses
/// what was counted ahead and not used: at most a 64th of the quota in each replica, until it is earned back.
package final class ReservingRateLimiter: RateLimiter {
    /// Requests counted ahead at most, whatever the quota.
    static let mostAhead = 256
    /// The part of a quota that is counted ahead at most. Smaller quotas than this are never counted ahead.
    static let part = 64
    /// Callers remembered at most.
    static let capacity = 10_000
    /// A caller sends many if half of what was counted ahead is used within this time.
    static let pace: Int64 = 250_000
    /// What is earned back within this time may still be used: quotas that are earned faster than requests come would save nothing.
    static let grace: Int64 = 100_000

    /// All times are microseconds since `epoch`.
    fileprivate struct Reservation {
        /// How many of the counted requests have not been made.
        var left = 0
        /// How many were counted ahead at the last time, and when.
        var size = 1
        var made: Int64
        /// Nothing that is left is used from then on.
        var end: Int64
        /// When each bucket would be whole again if all that was counted were used. Never moves back in a counter.
        var full: [Int64]
        /// Whether a round trip that counts the next ones is under way.
        var isBeingRenewed = false
    }

    private let counter: any RateLimiter
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let epoch: ContinuousClock.Instant
    private let reservations = Mutex<[[RateBucket]: Reservation]>([:])

    /// - Parameters:
    ///   - counter: whose round trips are to be saved.
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
            // The next ones are counted while the second half is used. If that fails, the request that finds nothing left says so.
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
        /// - Parameter next: requests to count now.
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
            // A request that is counted by itself while others are counted ahead changes the balance alone.
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

    /// Forgets what has ended; if that is little, everything, so that the cost of the scan is spread over many requests.
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

    /// How much of what is left has not been earned back meanwhile: the rest is in the buckets again and must not be used twice.
    private func unearned(of buckets: [RateBucket], at now: Int64) -> Int {
        var least = Int64(left)
        for (bucket, full) in zip(buckets, full) { least = min(least, (full - now + ReservingRateLimiter.grace) / bucket.limit.interval) }
        return max(0, Int(least))
    }

    /// Whether more than half of each quota is left.
    private func isFarFromLimits(of buckets: [RateBucket], at now: Int64) -> Bool {
        decision(of: buckets, at: now).balances.allSatisfy { $0.remaining > $0.limit.quota / 2 }
    }

    /// How the buckets stand if what is left is not counted.
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
