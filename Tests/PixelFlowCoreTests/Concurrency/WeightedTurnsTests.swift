import PixelFlowCore
import TestSupport
import Testing

/// Weighted turns with random arrivals.
@Suite struct WeightedTurnsTests {
    static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]
    static let sum = Lane.allCases.reduce(0) { $0 + $1.weight }

    @Test func busyLanesAreServedInProportionAndEvenly() {
        var turns = WeightedTurns.lanes
        let served = (0..<210).compactMap { _ in turns.next { _ in true } }
        for start in stride(from: 0, to: served.count, by: Self.sum) {
            let round = served[start..<start + Self.sum]
            for lane in Lane.allCases { #expect(round.count { $0 == lane } == lane.weight) }
            // Evenly spread: of any five consecutive turns, at least three belong to the high lane.
            for first in start...(start + Self.sum - 5) { #expect(served[first..<first + 5].count { $0 == .high } >= 3) }
        }
    }

    @Test(arguments: seeds) func noTurnIsWasted(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var turns = WeightedTurns.lanes
        for _ in 0..<5_000 {
            let full = Set(Lane.allCases.filter { _ in Bool.random(using: &random) })
            let lane = turns.next(where: full.contains)
            #expect(full.isEmpty ? lane == nil : lane.map(full.contains) == true)
        }
    }

    /// Regardless of arrivals in other lanes, a non-empty lane waits for a bounded number of turns.
    @Test(arguments: seeds) func noLaneStarves(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var turns = WeightedTurns.lanes
        var waited: [Lane: Int] = [:]
        var longest = 0
        var queues: [Lane: Int] = [:]
        for _ in 0..<20_000 {
            for lane in Lane.allCases where Int.random(in: 0..<3, using: &random) == 0 {
                queues[lane, default: 0] += Int.random(in: 0...2, using: &random)
            }
            guard let lane = turns.next(where: { queues[$0, default: 0] > 0 }) else { continue }
            queues[lane, default: 0] -= 1
            for other in Lane.allCases {
                let isWaiting = other != lane && queues[other, default: 0] > 0
                waited[other] = isWaiting ? waited[other, default: 0] + 1 : 0
            }
            longest = max(longest, waited.values.max() ?? 0)
        }
        #expect(longest <= 3 * Self.sum)
    }

    @Test func anEmptyLaneAccumulatesNoCredit() {
        var turns = WeightedTurns.lanes
        for _ in 0..<1_000 { _ = turns.next { $0 == .high } }
        let served = (0..<Self.sum).compactMap { _ in turns.next { _ in true } }
        #expect(served.count { $0 == .low } <= 2)
        #expect(served.count { $0 == .high } >= 14)
    }
}
