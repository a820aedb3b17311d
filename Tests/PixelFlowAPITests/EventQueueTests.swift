import Metrics
import NIOCore
import Prometheus
import Testing

@testable import PixelFlowAPI

/// The limits of one stream's queue, and what happens if a client does not read.
@Suite struct EventQueueTests {
    private let held = HeldBytes(Meter(label: "held", factory: PrometheusRegistry()))

    /// An event of this size in bytes, or the minimum size because of its framing.
    private func event(_ size: Int = 100) -> EncodedEvent {
        let framing = "id: \nevent: \ndata: \n\n".utf8.count
        return EncodedEvent(ServerSentEvent(id: "", event: "", data: ByteBuffer(repeating: 120, count: max(0, size - framing))), held: held)
    }

    @Test func queuedEventsAreTakenInOrderAndInParts() {
        var queue = EventQueue(byteLimit: 1 << 20)
        let events = [event(40_000), event(20_000), event(30_000), event(100_000)]
        for event in events { #expect(append(event, &queue)) }
        #expect(queue.bytes == 190_000)
        #expect(taken(&queue) == [40_000, 20_000])
        queue.sent()
        #expect(taken(&queue) == [30_000])
        queue.sent()
        #expect(taken(&queue) == [100_000])
        queue.sent()
        #expect(queue.bytes == 0)
        #expect(isWaiting(&queue))
    }

    @Test func tooManyBytesEndTheStreamAndAreReleased() {
        var queue = EventQueue(byteLimit: 1000)
        for _ in 0..<10 { #expect(append(event(), &queue)) }
        #expect(held.count == 1000)
        #expect(!append(event(), &queue))
        #expect(held.count == 0)
        #expect(queue.bytes == 0)
        // Reported once; nothing is queued any more.
        #expect(append(event(), &queue))
        #expect(held.count == 0)
        #expect(ends(&queue) == .overflow)
    }

    @Test func tooManyEventsEndTheStream() {
        var queue = EventQueue(byteLimit: 1 << 30)
        for _ in 0..<EventQueue.capacity { #expect(append(event(1), &queue)) }
        #expect(!append(event(1), &queue))
        #expect(ends(&queue) == .overflow)
    }

    @Test func anEventLargerThanEverythingPassesAlone() {
        var queue = EventQueue(byteLimit: 1000)
        #expect(append(event(5000), &queue))
        #expect(taken(&queue) == [5000])
        queue.sent()
        #expect(append(event(1), &queue))
        #expect(!append(event(5000), &queue))
    }

    @Test func queuedEventsAreSentWhenTheServiceStops() {
        var queue = EventQueue(byteLimit: 1000)
        _ = queue.append(event())
        queue.finish(.shutdown)
        _ = queue.append(event())
        #expect(taken(&queue) == [100])
        queue.sent()
        #expect(ends(&queue) == .shutdown)
    }

    @Test func aStreamEndsImmediatelyWithItsToken() {
        var queue = EventQueue(byteLimit: 1000)
        _ = queue.append(event())
        queue.finish(.tokenExpired)
        queue.finish(.shutdown)
        #expect(ends(&queue) == .tokenExpired)
        #expect(held.count == 0)
    }

    @Test func anIdleStreamSendsHeartbeats() {
        var queue = EventQueue(byteLimit: 1000)
        for _ in 1..<15 { #expect(tick(&queue) == .none) }
        #expect(isWaiting(&queue))
        #expect(tick(&queue) == .wake)
        guard case .beat = queue.next() else {
            Issue.record("no heartbeat")
            return
        }
        queue.sent()
        #expect(isWaiting(&queue))
        for _ in 1..<15 { #expect(tick(&queue) == .none) }
        #expect(tick(&queue) == .wake)
    }

    @Test func anUnreadSendIsAbandoned() {
        var queue = EventQueue(byteLimit: 1000)
        _ = queue.append(event())
        #expect(taken(&queue) == [100])
        for _ in 1..<EventQueue.ticksForSending { #expect(tick(&queue) == .none) }
        #expect(tick(&queue) == .abort)
        var other = EventQueue(byteLimit: 1000)
        _ = other.append(event())
        #expect(taken(&other) == [100])
        other.finish(.shutdown)
        #expect(tick(&other) == .abort)
    }

    @Test func anEventIsStoredOnceForAllListeners() {
        var queues = (0..<50).map { _ in EventQueue(byteLimit: 1000) }
        do {
            let shared = event()
            for index in queues.indices { #expect(append(shared, &queues[index])) }
        }
        #expect(held.count == 100)
        for index in queues.indices.dropLast() { #expect(taken(&queues[index]) == [100]) }
        #expect(held.count == 100)
        queues.removeAll()
        #expect(held.count == 0)
    }

    private func append(_ event: EncodedEvent, _ queue: inout EventQueue) -> Bool { queue.append(event) }

    private func tick(_ queue: inout EventQueue) -> EventQueue.Attention { queue.tick() }

    private func taken(_ queue: inout EventQueue) -> [Int] {
        guard case .send(let events) = queue.next() else { return [] }
        return events.map(\.size)
    }

    private func ends(_ queue: inout EventQueue) -> EventQueue.End? {
        guard case .end(let reason) = queue.next() else { return nil }
        return reason
    }

    private func isWaiting(_ queue: inout EventQueue) -> Bool {
        guard case .wait = queue.next() else { return false }
        return true
    }
}
