import Deadlines
import PixelFlowCore
import Synchronization
import TestSupport
import Testing

@Suite struct ListenerTableTests {
    @Test func listenersAreFoundByTopicUntilTheyAreRemoved() throws {
        var table = ListenerTable<String, Int>()
        let numbers = [table.add(10, to: "a"), table.add(11, to: "a"), table.add(20, to: "b")].compactMap { $0 }
        #expect(Set(numbers).count == 3)
        let (first, third) = try (#require(numbers.first), #require(numbers.last))
        #expect(table["a"].sorted() == [10, 11])
        #expect(table["b"] == [20])
        #expect(table["c"].isEmpty)
        table.remove(first, from: "a")
        table.remove(first, from: "a")
        table.remove(third, from: "a")
        #expect(table.all.sorted() == [11, 20])
        #expect(table.count == 2)
    }

    @Test func aClosedTableAdmitsNoListenerAndForgetsRemovedOnes() throws {
        var table = ListenerTable<String, Int>()
        let first = table.add(10, to: "a")
        let listeners = table.close()
        #expect(listeners == [10])
        let late = table.add(11, to: "a")
        #expect(late == nil)
        #expect(table.count == 1)
        table.remove(try #require(first), from: "a")
        #expect(table.count == 0)
        #expect(table.all.isEmpty)
    }

    /// Random operations: the table contains exactly the listeners that were added and not removed.
    @Test(arguments: 0..<20 as Range<UInt64>) func noListenerIsLost(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = ListenerTable<Int, Int>()
        var added: [Int: (topic: Int, listener: Int)] = [:]
        for listener in 0..<1000 {
            let topic = Int.random(in: 0..<5, using: &generator)
            if Int.random(in: 0..<5, using: &generator) < 3 {
                if let number = table.add(listener, to: topic) { added[number] = (topic, listener) }
            } else if let number = added.keys.min(), let entry = added.removeValue(forKey: number) {
                table.remove(number, from: entry.topic)
            }
            #expect(table.count == added.count)
            #expect(table[topic].sorted() == added.values.filter { $0.topic == topic }.map(\.listener).sorted())
        }
        #expect(table.all.sorted() == added.values.map(\.listener).sorted())
    }
}

@Suite struct BroadcastTests {
    private func all(of stream: AsyncStream<Int>) async throws -> [Int] {
        try await within(.testDeadline, "the stream's end") { await stream.reduce(into: []) { $0.append($1) } }
    }

    @Test func everyListenerReceivesEverythingInOrder() async throws {
        let broadcast = Broadcast<Int>(capacity: 10)
        let streams = (0..<3).map { _ in broadcast.subscribe() }
        broadcast.send(1...3)
        broadcast.send([4])
        broadcast.finish()
        for stream in streams { #expect(try await all(of: stream) == [1, 2, 3, 4]) }
    }

    @Test func aSlowListenerDropsTheOldestAndDelaysNoOther() async throws {
        let broadcast = Broadcast<Int>(capacity: 3)
        let slow = broadcast.subscribe()
        broadcast.send(0..<100)
        broadcast.finish()
        #expect(try await all(of: slow) == [97, 98, 99])
    }

    @Test func aListenerIsToldWhatItMisses() {
        let broadcast = Broadcast<Int>(capacity: 3)
        let slowGaps = Mutex(0)
        let quickGaps = Mutex(0)
        let slow = broadcast.subscribe { slowGaps.withLock { $0 += 1 } }
        broadcast.send(0..<3)
        #expect(slowGaps.withLock(\.self) == 0)
        let quick = broadcast.subscribe { quickGaps.withLock { $0 += 1 } }
        broadcast.send([3])
        #expect(slowGaps.withLock(\.self) == 1)
        #expect(quickGaps.withLock(\.self) == 0)
        broadcast.reportGap()
        #expect(slowGaps.withLock(\.self) == 2)
        #expect(quickGaps.withLock(\.self) == 1)
        withExtendedLifetime((slow, quick)) {}
    }

    @Test func aStoppedListenerIsRemoved() async throws {
        let broadcast = Broadcast<Int>(capacity: 3)
        #expect(broadcast.isEmpty)
        let stream = broadcast.subscribe()
        // bounded: by the wait for the listener's end
        let listener = Task { for await _ in stream {} }
        #expect(!broadcast.isEmpty)
        listener.cancel()
        try await listener.value("the listener's end")
        #expect(broadcast.isEmpty)
    }

    @Test func aListenerAfterTheEndGetsAnEndedStream() async throws {
        let broadcast = Broadcast<Int>(capacity: 3)
        broadcast.finish()
        try await broadcast.subscribe().end("the stream's end")
        #expect(broadcast.isEmpty)
    }
}
