import PixelFlowCore
import Testing

@testable import PixelFlowMongo

@Suite struct ClockEstimateTests {
    /// A server whose clock is an hour and 345 microseconds ahead of the local one.
    private let ahead: Int64 = 3_600_000_345

    /// A reading of the server's clock at `at`, local time.
    private func sample(sent: Int64, at: Int64, received: Int64, ahead: Int64? = nil) -> ClockEstimate.Sample {
        ClockEstimate.Sample(sent: sent, received: received, serverMilliseconds: (at + (ahead ?? self.ahead)) / 1000)
    }

    @Test func boundsContainTheServerTime() {
        let estimate = ClockEstimate(sample(sent: 10_000, at: 14_999, received: 15_000))
        #expect(estimate.bounds(at: 15_000).contains(ahead))
    }

    @Test func everyReadingNarrowsTheBounds() {
        var estimate = ClockEstimate(sample(sent: 0, at: 300, received: 9_000))
        var width: Int64 = 10_000
        for start in stride(from: Int64(10_000), to: 20_000, by: 1_130) {
            estimate.add(sample(sent: start, at: start + 90, received: start + 200))
            let bounds = estimate.bounds(at: start + 200)
            #expect(bounds.contains(ahead))
            #expect(bounds.upperBound - bounds.lowerBound <= width + 2)
            width = bounds.upperBound - bounds.lowerBound
        }
        #expect(width < 700)
    }

    @Test func boundsWidenWithTime() {
        let estimate = ClockEstimate(sample(sent: 0, at: 100, received: 200))
        let early = estimate.bounds(at: 200)
        let late = estimate.bounds(at: 10_000_200)
        #expect(late.lowerBound == early.lowerBound - 5_000)
        #expect(late.upperBound == early.upperBound + 5_000)
    }

    @Test func aChangedServerClockIsFollowed() {
        var estimate = ClockEstimate(sample(sent: 0, at: 100, received: 200))
        estimate.add(sample(sent: 1_000, at: 1_100, received: 1_200, ahead: 60_000_345))
        #expect(estimate.bounds(at: 1_200).contains(60_000_345))
        #expect(!estimate.bounds(at: 1_200).contains(ahead))
    }
}
