import Testing

@testable import PixelFlowClient

@Suite struct RetryPolicyTests {
    @Test func doublesUpToItsMaximum() {
        let policy = RetryPolicy(attempts: 6, firstDelay: .seconds(1), maximumDelay: .seconds(5))
        let delays = (1...6).map { policy.delay(afterAttempt: $0, retryAfter: nil, jitter: 1) }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5), nil])
    }

    @Test func drawsHalfOfTheDelay() {
        let policy = RetryPolicy(firstDelay: .seconds(1))
        #expect(policy.delay(afterAttempt: 2, retryAfter: nil, jitter: 0) == .seconds(1))
        #expect(policy.delay(afterAttempt: 2, retryAfter: nil, jitter: 1) == .seconds(2))
    }

    @Test func isAtLeastTheDelayThatTheServiceRequests() {
        let policy = RetryPolicy(firstDelay: .seconds(1), maximumDelay: .seconds(2), maximumRetryAfter: .seconds(10))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(10), jitter: 0) == .seconds(10))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(10), jitter: 1) == .seconds(11))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(11), jitter: 0) == nil)
    }

    @Test func canBeTurnedOff() {
        #expect(RetryPolicy.none.delay(afterAttempt: 1, retryAfter: nil, jitter: 0) == nil)
    }
}
