import Testing

@testable import PixelFlowClient

@Suite struct RetryPolicyTests {
    @Test func doublesToItsMaximum() {
        let policy = RetryPolicy(attempts: 6, firstDelay: .seconds(1), maximumDelay: .seconds(5))
        let delays = (1...6).map { policy.delay(afterAttempt: $0, retryAfter: nil, jitter: 1) }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5), nil])
    }

    @Test func drawsHalfOfTheDelay() {
        let policy = RetryPolicy(firstDelay: .seconds(1))
        #expect(policy.delay(afterAttempt: 2, retryAfter: nil, jitter: 0) == .seconds(1))
        #expect(policy.delay(afterAttempt: 2, retryAfter: nil, jitter: 1) == .seconds(2))
    }

    @Test func comesNoSoonerThanTheServiceAsks() {
        let policy = RetryPolicy(firstDelay: .seconds(1), maximumDelay: .seconds(2), maximumRetryAfter: .seconds(10))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(10), jitter: 0) == .seconds(10))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(10), jitter: 1) == .seconds(11))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(11), jitter: 0) == nil)
    }

    @Test func repeatsNothingIfToldSo() {
        #expect(RetryPolicy.none.delay(afterAttempt: 1, retryAfter: nil, jitter: 0) == nil)
    }

    @Test(arguments: [
        ("7", Duration.seconds(7)), ("0", .seconds(0)), (" 12", .seconds(12)), ("99999999999999999999", .seconds(2_147_483_647)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)), ("Sun, 06 Nov 1994 08:48:00 GMT", .seconds(0)),
        ("", nil), ("soon", nil), ("-1", nil), ("1.5", nil), ("Sun, 31 Feb 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 24:00:00 GMT", nil),
    ])
    func readsRetryAfter(_ text: String, _ expected: Duration?) {
        // 08:49:00 on that day.
        #expect(RetryAfter.duration(text, now: 784_111_740) == expected)
    }
}
