import PixelFlowCore
import Testing

@testable import PixelFlowMongo

@Suite struct ChangeTimesTests {
    private let now = Timestamp(microseconds: 1_000_000)

    @Test func noTwoChangesShareATime() {
        let times = ChangeTimes()
        let all = times.begin(3, at: now) + times.begin(at: now) + times.begin(at: now - .seconds(1))
        #expect(all == all.sorted())
        #expect(Set(all).count == 5)
    }

    @Test func theHorizonIsTheOldestChangeInProgress() {
        let times = ChangeTimes()
        let first = times.begin(at: now)
        let second = times.begin(at: now)
        #expect(times.horizon(at: now) == first[0])
        times.end(first)
        #expect(times.horizon(at: now) == second[0])
        times.end(second)
        #expect(times.horizon(at: now) > second[0])
    }

    @Test func laterChangesAreBeyondTheHorizon() {
        let times = ChangeTimes()
        let horizon = times.horizon(at: now)
        #expect(times.begin(at: now - .seconds(5))[0] > horizon)
    }
}
