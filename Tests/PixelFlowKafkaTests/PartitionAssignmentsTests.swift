import PixelFlowCore
import Testing

@testable import PixelFlowKafka

@Suite struct PartitionAssignmentsTests {
    private typealias Advance = PartitionAssignments.Advance

    @Test func theFirstAdvanceOfEachPartitionIsCommittedManually() {
        var assignments = PartitionAssignments()
        assignments.assign([0, 1])
        let positions = [(0, 7), (0, 8), (1, 3)].map { assignments.deliver(partition: $0.0, offset: $0.1) }
        let advances = positions.map { position in position.flatMap { assignments.settle($0) } }
        #expect(
            advances == [
                Advance(partition: 0, offset: 8, isFirst: true), Advance(partition: 0, offset: 9, isFirst: false),
                Advance(partition: 1, offset: 4, isFirst: true),
            ])
    }

    @Test func messagesFromBeforeARevocationSettleNothing() throws {
        var assignments = PartitionAssignments()
        assignments.assign([0])
        let delivered = assignments.deliver(partition: 0, offset: 7)
        let old = try #require(delivered)
        assignments.assign([])
        #expect(!assignments.counts(old))
        let stray = assignments.deliver(partition: 0, offset: 8)
        #expect(stray == nil)
        assignments.assign([0])
        let again = assignments.deliver(partition: 0, offset: 7)
        let new = try #require(again)
        let advances = [assignments.settle(old), assignments.settle(new)]
        #expect(advances == [nil, Advance(partition: 0, offset: 8, isFirst: true)])
    }

    @Test func messagesFromBeforeALogResetSettleNothing() throws {
        var assignments = PartitionAssignments()
        assignments.assign([0])
        let before = [7, 8].compactMap { assignments.deliver(partition: 0, offset: $0) }
        let after = (0...7).compactMap { assignments.deliver(partition: 0, offset: $0) }
        let advances = [assignments.settle(before[0]), assignments.settle(after[0])]
        #expect(advances == [nil, Advance(partition: 0, offset: 1, isFirst: true)])
    }

    @Test func heldMessagesAreDroppedWithTheirPartition() throws {
        var assignments = PartitionAssignments()
        assignments.assign([0])
        let delivered = assignments.deliver(partition: 0, offset: 7)
        assignments.hold(PartitionAssignments.Entry(message: messages([1])[0], position: try #require(delivered)))
        assignments.assign([0])
        let held = assignments.takeHeld()
        #expect(held == nil)
    }
}
