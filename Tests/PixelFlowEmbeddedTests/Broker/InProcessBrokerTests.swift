import Conformance
import PixelFlowCore
import PixelFlowEmbedded
import Testing

@Suite struct InProcessBrokerTests {
    @Test func refusesABatchBeyondItsCapacity() async throws {
        let broker = InProcessBroker(capacity: 3)
        try await broker.publish([message(1), message(2)])
        let error = await #expect(throws: PixelFlowError.self) { try await broker.publish([message(3), message(4)]) }
        #expect(error?.retry == .outage)
        #expect(broker.depth == 2)
        try await broker.publish([message(5)])
        let subscription = try await broker.subscribe()
        var received: [Int] = []
        for _ in 0..<3 { received.append(try #require(try await subscription.next("a dispatch message")).message.sequence) }
        #expect(received == [1, 2, 5])
        #expect(broker.depth == 0)
    }

    @Test func keepsUndeliveredMessages() async throws {
        let broker = InProcessBroker()
        let idle = try await broker.subscribe()
        let busy = try await broker.subscribe()
        try await broker.publish((1...10).map { message($0) })
        for sequence in 1...10 { #expect(try await busy.next("a dispatch message")?.message.sequence == sequence) }
        await idle.close()
        #expect(broker.depth == 0)
    }

    @Test func busyLanesAreServedByTheirWeights() async throws {
        let broker = InProcessBroker()
        for lane in Lane.allCases { try await broker.publish((1...50).map { message($0, in: lane) }) }
        let subscription = try await broker.subscribe()
        var received: [Lane] = []
        for _ in 0..<42 { received.append(try #require(try await subscription.next("a dispatch message")).message.lane) }
        for lane in Lane.allCases { #expect(received.count { $0 == lane } == 2 * lane.weight) }
        // The rest of one lane is received without the others.
        for _ in 0..<108 { received.append(try #require(try await subscription.next("a dispatch message")).message.lane) }
        #expect(received.count { $0 == .low } == 50)
    }

    private func message(_ sequence: Int, in lane: Lane = .normal) -> DispatchMessage {
        DispatchMessage(
            task: TaskID("task"), tenant: TenantID("tenant"), generation: 1, sequence: sequence, requestID: "request", lane: lane)
    }
}
