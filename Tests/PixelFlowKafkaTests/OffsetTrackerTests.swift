import Testing

@testable import PixelFlowKafka

@Suite struct OffsetTrackerTests {
    /// Delivered offsets, the order in which they settle, and the group's position after each of them.
    @Test(
        arguments: [
            ([0, 1, 2], [0, 1, 2], [1, 2, 3]),
            ([0, 1, 2], [2, 1, 0], [nil, nil, 3]),
            ([0, 1, 2, 3], [1, 0, 3, 2], [nil, 2, nil, 4]),
            ([10, 14, 20], [14, 10, 20], [nil, 15, 21]),
            ([5], [5, 5], [6, nil]),
            ([5], [4, 6, 5], [nil, nil, 6]),
        ] as [([Int64], [Int64], [Int64?])])
    func advancesPastContiguousSettlements(delivered: [Int64], settled: [Int64], positions: [Int64?]) {
        var tracker = OffsetTracker()
        let continued = delivered.map { tracker.deliver($0) }
        #expect(!continued.contains(false))
        let found = settled.map { tracker.settle($0) }
        #expect(found == positions)
    }

    @Test func forgetsPassedOffsets() {
        var tracker = OffsetTracker()
        for offset in 0..<10_000 as Range<Int64> {
            _ = tracker.deliver(offset)
            if offset >= 3 { _ = tracker.settle(offset - 3) }
        }
        #expect(tracker.inHand == 3)
    }

    @Test func anyOrderOfSettlementsReachesTheEnd() {
        for _ in 0..<200 {
            var tracker = OffsetTracker()
            let offsets = Array(100..<160 as Range<Int64>)
            for offset in offsets { _ = tracker.deliver(offset) }
            var settled: Set<Int64> = []
            for offset in offsets.shuffled() {
                settled.insert(offset)
                let expected = offsets.first { !settled.contains($0) } ?? 160
                if let position = tracker.settle(offset) { #expect(position == expected) }
            }
            #expect(tracker.inHand == 0)
        }
    }

    @Test func aRecreatedLogStartsOver() {
        var tracker = OffsetTracker()
        let continued = [tracker.deliver(100), tracker.deliver(0)]
        #expect(continued == [true, false])
        let positions = [tracker.settle(100), tracker.settle(0)]
        #expect(positions == [nil, 1])
    }
}
