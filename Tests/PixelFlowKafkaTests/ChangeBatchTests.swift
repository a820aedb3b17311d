import PixelFlowCore
import Testing

@testable import PixelFlowKafka

@Suite struct ChangeBatchTests {
    @Test func manyChangesFitInOneMessage() throws {
        let changes = (0..<100).map { change($0) }
        let values = try ChangeBatch.write(changes)
        #expect(values.count == 1)
        #expect(read(values[0]).changes == changes)
    }

    @Test func messagesStayBelowTheLimitAndInOrder() throws {
        let changes = (0..<40).map { change($0, padding: 50_000) }
        let values = try ChangeBatch.write(changes)
        #expect(values.count > 1)
        #expect(values.allSatisfy { $0.count <= ChangeBatch.limit })
        #expect(values.flatMap { read($0).changes } == changes)
    }

    @Test func aChangeTooLargeForABrokerIsLeftOut() throws {
        let changes = [change(1), change(2, padding: 1_000_000), change(3)]
        let values = try ChangeBatch.write(changes)
        #expect(values.flatMap { read($0).changes } == [changes[0], changes[2]])
    }

    @Test func aWorkerReadsCancellationsOnly() throws {
        let changes = [change(1), change(2, cancelRequested: true), change(3)]
        let value = try #require(try ChangeBatch.write(changes).first)
        #expect(read(value, .cancellations).changes == [changes[1]])
    }

    @Test func anUnreadableLineAffectsNoOther() throws {
        let value = try #require(try ChangeBatch.write([change(1)]).first)
        let (changes, undecodable) = read(Array("garbage\nt{}\n".utf8) + value)
        #expect(changes.map(\.task.requestID) == ["request-1"])
        #expect(undecodable == 2)
    }

    private func read(_ value: [UInt8], _ interest: EventInterest = .everything) -> (changes: [TaskChange], undecodable: Int) {
        value.withUnsafeBytes { ChangeBatch.read($0, interest) }
    }
}
