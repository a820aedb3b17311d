import PixelFlowCore
import Testing

@testable import PixelFlowKafka

@Suite struct PartitionAssignmentsTests {
    private typealias Advance = PartitionAssignments.Advance

    @Test func theFirstAdvanceOfEachPartitionIsToBeCommittedByHand() {
        var ledger = PartitionAssignments()
        ledger.assign([0, 1])
        let places = [(0, 7), (0, 8), (1, 3)].map { ledger.deliver(partition: $0.0, offset: $0.1) }
        let advances = places.map { place in place.flatMap { ledger.settle($0) } }
        #expect(
            advances == [
                Advance(partition: 0, offset: 8, isFirst: true), Advance(partition: 0, offset: 9, isFirst: false),
                Advance(partition: 1, offset: 4, isFirst: true),
            ])
    }

    @Test func whatWasInHandBeforeARevocationSettlesNothing() throws {
        var ledger = PartitionAssignments()
        ledger.assign([0])
        let delivered = ledger.deliver(partition: 0, offset: 7)
        let old = try #require(delivered)
        ledger.assign([])
        #expect(!ledger.counts(old))
        let stray = ledger.deliver(partition: 0, offset: 8)
        #expect(stray == nil)
        ledger.assign([0])
        let again = ledger.deliver(partition: 0, offset: 7)
        let new = try #require(again)
        let advances = [ledger.settle(old), ledger.settle(new)]
        #expect(advances == [nil, Advance(partition: 0, offset: 8, isFirst: true)])
    }

    @Test func whatWasInHandBeforeTheLogBeganAnewSettlesNothing() throws {
        var ledger = PartitionAssignments()
        ledger.assign([0])
        let before = [7, 8].compactMap { ledger.deliver(partition: 0, offset: $0) }
        let after = (0...7).compactMap { ledger.deliver(partition: 0, offset: $0) }
        let advances = [ledger.settle(before[0]), ledger.settle(after[0])]
        #expect(advances == [nil, Advance(partition: 0, offset: 1, isFirst: true)])
    }

    @Test func whatIsHeldGoesWithItsPartition() throws {
        var ledger = PartitionAssignments()
        ledger.assign([0])
        let delivered = ledger.deliver(partition: 0, offset: 7)
        ledger.hold(PartitionAssignments.Entry(message: messages([1])[0], place: try #require(delivered)))
        ledger.assign([0])
        let held = ledger.takeHeld()
        #expect(held == nil)
    }
}
