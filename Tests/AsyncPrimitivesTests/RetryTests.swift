import AsyncPrimitives
import Deadlines
import Synchronization
import Testing

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(firstPause: .milliseconds(50), longestPause: .seconds(2))

    @Test(
        arguments: [(-1, 50), (0, 50), (1, 100), (2, 200), (5, 1600), (6, 2000), (64, 2000), (Int.max, 2000)] as [(Int, Int)])
    func delaysGrowToTheMaximum(retry: Int, milliseconds: Int) {
        #expect(policy.pause(retry: retry) == .milliseconds(milliseconds))
    }

    @Test func theFactorIsConfigurable() {
        var policy = policy
        policy.factor = 1.5
        #expect((0..<3).map { policy.pause(retry: $0) } == [.milliseconds(50), .milliseconds(75), .microseconds(112_500)])
        #expect((0..<3).map { RetryPolicy.every(.seconds(1)).pause(retry: $0) } == [.seconds(1), .seconds(1), .seconds(1)])
    }

    @Test(
        arguments: [
            (.none, 0, 100), (.none, 1, 100), (.equal, 0, 50), (.equal, 0.5, 75), (.equal, 1, 100), (.full, 0, 0), (.full, 0.25, 25),
            (.full, 1, 100), (.full, -3, 0), (.full, .infinity, 100), (.extended(by: 0.1), 0.5, 105), (Jitter(0.8...1.2), 1, 120),
        ] as [(Jitter, Double, Int)])
    func jitterShortensTheDelay(jitter: Jitter, random: Double, milliseconds: Int) {
        var policy = policy
        policy.jitter = jitter
        #expect(policy.pause(retry: 1, random: random) == .milliseconds(milliseconds))
    }

    @Test func attemptsAndTheDeadlineEndTheRetries() {
        var policy = policy
        #expect(policy.nextPause(retry: 1_000_000, timeLeft: nil) == .seconds(2))
        #expect(policy.nextPause(retry: 0, timeLeft: .milliseconds(50)) == nil)
        #expect(policy.nextPause(retry: 0, timeLeft: .milliseconds(51)) == .milliseconds(50))
        #expect(policy.nextPause(retry: 0, timeLeft: .seconds(-1)) == nil)
        policy.attempts = 3
        #expect((0..<3).map { policy.nextPause(retry: $0, timeLeft: nil) } == [.milliseconds(50), .milliseconds(100), nil])
        policy.attempts = 1
        #expect(policy.nextPause(retry: 0, timeLeft: nil) == nil)
    }

    @Test func aServerMayRequestALongerDelay() {
        var policy = policy
        policy.longestRetryAfter = .seconds(10)
        let pause = { (retryAfter: Duration, random: Double) in policy.nextPause(retry: 3, retryAfter: retryAfter, random: random) }
        #expect(pause(.seconds(10), 0) == .seconds(10))
        #expect(pause(.seconds(10), 1) == .milliseconds(10_050))
        #expect(pause(.milliseconds(10_001), 0) == nil)
        #expect(policy.nextPause(retry: 0, timeLeft: .seconds(5), retryAfter: .seconds(5), random: 0) == nil)
        policy.longestRetryAfter = nil
        #expect(policy.nextPause(retry: 0, retryAfter: .seconds(3600), random: 0) == .seconds(3600))
    }

    @Test func enormousDelaysAreClamped() {
        let policy = RetryPolicy(firstPause: .seconds(Int64.max), longestPause: .seconds(Int64.max))
        #expect(policy.pause(retry: 3) > .seconds(1 << 40))
    }
}

/// A clock on which sleeping returns immediately and advances the time.
private final class LeapingClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private let state: Mutex<(now: Instant, sleeps: [Duration])>

    init(_ start: Instant) { state = Mutex((start, [])) }

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func advance(by duration: Duration) { state.withLock { $0.now += duration } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.sleeps.append(deadline - state.now)
            state.now = deadline
        }
    }
}

private struct Broken: Error, Equatable {
    var number: Int
}

@Suite struct RetryTests {
    private let start = ContinuousClock.now
    private let policy = RetryPolicy(firstPause: .milliseconds(100), longestPause: .seconds(1))

    @Test func retriesUntilItSucceeds() async throws {
        let clock = LeapingClock(start)
        var attempts = 0
        var told: [Int] = []
        let value = try await retry(policy, clock: clock, onRetry: { told.append(($0 as? Broken)?.number ?? -1) }) {
            attempts += 1
            if attempts < 6 { throw Broken(number: attempts) }
            return "done"
        }
        #expect(value == "done")
        #expect(clock.sleeps == [100, 200, 400, 800, 1000].map { .milliseconds($0) })
        #expect(told == [1, 2, 3, 4, 5])
    }

    @Test func theLastErrorIsThrownWhenNoAttemptIsLeft() async throws {
        var policy = policy
        policy.attempts = 3
        let clock = LeapingClock(start)
        var attempts = 0
        await #expect(throws: Broken(number: 3)) {
            try await retry(policy, clock: clock) {
                attempts += 1
                throw Broken(number: attempts)
            }
        }
        #expect(clock.sleeps.count == 2)
    }

    @Test func noRetryBeginsAfterTheDeadline() async throws {
        let clock = LeapingClock(start)
        var attempts = 0
        await #expect(throws: Broken(number: 4)) {
            try await retry(policy, until: start + .seconds(1), clock: clock) {
                attempts += 1
                clock.advance(by: .milliseconds(10))
                throw Broken(number: attempts)
            }
        }
        #expect(clock.sleeps == [100, 200, 400].map { .milliseconds($0) })
    }

    @Test func permanentErrorsAreThrownImmediately() async throws {
        let clock = LeapingClock(start)
        await #expect(throws: Broken(number: 0)) {
            try await retry(policy, clock: clock, if: { !($0 is Broken) }) { throw Broken(number: 0) }
        }
        #expect(clock.sleeps.isEmpty)
    }

    @Test func theServersDelayIsKept() async throws {
        let clock = LeapingClock(start)
        var attempts = 0
        try await retry(policy, clock: clock, retryAfter: { ($0 as? Broken)?.number == 1 ? .seconds(30) : nil }) {
            attempts += 1
            if attempts < 3 { throw Broken(number: attempts) }
        }
        #expect((Duration.seconds(30)...Duration.milliseconds(30_100)).contains(clock.sleeps[0]))
        #expect(clock.sleeps[1] == .milliseconds(200))
    }

    @Test func aCancelledTaskDoesNotRetry() async throws {
        let (clock, policy) = (LeapingClock(start), policy)
        let task = Task {
            try await retry(policy, clock: clock) {
                withUnsafeCurrentTask { $0?.cancel() }
                throw Broken(number: 0)
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value("the cancelled") }
        #expect(clock.sleeps.isEmpty)
    }
}
