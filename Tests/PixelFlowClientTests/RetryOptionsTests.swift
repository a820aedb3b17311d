import AsyncPrimitives
import Testing

@testable import PixelFlowClient

@Suite struct RetryOptionsTests {
    private func delays(_ options: RetryOptions, retryAfter: Duration? = nil, random: Double) -> [Duration?] {
        (0..<6).map { options.policy.nextPause(retry: $0, retryAfter: retryAfter, random: random) }
    }

    @Test func delaysDoubleUpToTheMaximum() {
        let options = RetryOptions(attempts: 6, firstDelay: .seconds(1), maximumDelay: .seconds(5))
        #expect(delays(options, random: 1) == [.seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5), nil])
    }

    @Test func halfOfADelayIsRandom() {
        let options = RetryOptions(attempts: 3, firstDelay: .seconds(1))
        #expect(delays(options, random: 0) == [.milliseconds(500), .seconds(1), nil, nil, nil, nil])
    }

    @Test func theServiceMayRequestALongerDelay() {
        let options = RetryOptions(attempts: 2, firstDelay: .seconds(1), maximumDelay: .seconds(2), maximumRetryAfter: .seconds(10))
        #expect(delays(options, retryAfter: .seconds(10), random: 1).first == .seconds(11))
        #expect(delays(options, retryAfter: .seconds(11), random: 0).first == .some(nil))
    }

    @Test func canBeTurnedOff() {
        #expect(RetryOptions.none.policy.nextPause(retry: 0) == nil)
    }
}
