import PixelFlowCore
import Testing
import WireFormats

@Suite struct TaskPolicyTests {
    let policy = TaskPolicy.standard

    @Test func numbersAreThoseOfTheProtocol() {
        #expect([policy.leaseDuration, policy.renewInterval, policy.renewDeadline] == [.seconds(30), .seconds(10), .seconds(25)])
        #expect([policy.maxAttempts, policy.maxCrashes, policy.maxLosses] == [10, 2, 10])
        #expect([policy.retryWindow, policy.retryAfterLimit] == [.seconds(21_600), .seconds(3600)])
        #expect([policy.publishTimeout, policy.redispatchInterval] == [.seconds(5), .seconds(900)])
        // A worker that cannot renew must give up before others may take the task.
        #expect(policy.renewInterval < policy.renewDeadline && policy.renewDeadline < policy.leaseDuration)
    }

    @Test(
        arguments: [(-1, 2.0), (0, 2), (1, 4), (2, 8), (6, 128), (7, 256), (8, 300), (63, 300), (64, 300), (Int.max, 300)]
            as [(Int, Double)])
    func retryDelayDoublesToItsLimit(failures: Int, bound: Double) {
        #expect(policy.retryDelay(failures: failures, jitter: 1).seconds == bound)
        #expect(policy.retryDelay(failures: failures, jitter: 0.5).seconds == bound / 2)
        #expect(policy.retryDelay(failures: failures, jitter: 0) == .zero)
    }

    @Test(arguments: [(0, 2.0), (1, 4), (6, 128), (7, 256), (8, 300), (Int.max, 300)] as [(Int, Double)])
    func transientDelayIsAtLeastHalfOfItsBound(failures: Int, bound: Double) {
        #expect(policy.transientDelay(failures: failures, jitter: 0).seconds == bound / 2)
        #expect(policy.transientDelay(failures: failures, jitter: 1).seconds == bound)
        #expect(policy.transientDelay(failures: failures, jitter: -7).seconds == bound / 2)
    }

    @Test(
        arguments: [(1, 2.0, 2.0), (30, 30, 33), (3600, 3600, 3960), (3601, 3600, 3960), (Int.max, 3600, 3960), (0, 1, 2), (-5, 1, 2)]
            as [(Int, Double, Double)])
    func retryAfterIsTheMinimumWaitUpToItsLimit(seconds: Int, least: Double, most: Double) {
        let asked = Duration.seconds(seconds)
        let low = policy.transientDelay(failures: 0, jitter: 0, retryAfter: asked).seconds
        #expect(abs(policy.transientDelay(failures: 0, jitter: 1, retryAfter: asked).seconds - most) < 0.001)
        #expect(low >= min(least, 1) && low <= most)
        if seconds > 2 { #expect(low == least) }
    }

    @Test(arguments: [-5.0, 1.5, Double.infinity])
    func jitterIsClampedToItsRange(jitter: Double) {
        let delay = policy.retryDelay(failures: 0, jitter: jitter)
        #expect(delay >= .zero && delay <= .seconds(2))
    }

    @Test(
        arguments: [(0, 900.0), (1, 900), (2, 1800), (3, 3600), (7, 57_600), (8, 86_400), (64, 86_400), (Int.max, 86_400)]
            as [(Int, Double)])
    func redispatchIntervalDoublesToItsLimit(acknowledged: Int, seconds: Double) {
        #expect(policy.redispatchInterval(acknowledged: acknowledged).seconds == seconds)
    }
}
