import Conformance
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowEmbedded
import Prometheus
import Synchronization
import Testing

@testable import PixelFlowAPI

/// Event streams on real connections, of clients that read, that do not, and that have gone.
@Suite(.timeLimit(.minutes(2))) struct EventStreamTests {
    private static let deadline = Duration.seconds(60)

    @Test func clientsThatDoNotReadHoldBoundedMemoryAndAreReset() async throws {
        let limits = EventLimits(streamBytes: 256 * 1024, totalBytes: 1024 * 1024)
        let harness = try await APIHarness(eventLimits: limits)
        try await harness.serve { port, ada, bob in
            let idle = try (0..<8).map { _ in try IdleReader(port: port, path: "/api/events", token: ada) }
            let other = try IdleReader(port: port, path: "/api/events", token: bob)
            try await harness.waitForStreams(9)
            let change = TaskChange(try await harness.largeTask(of: ada, bytes: 32 * 1024))
            let most = Mutex(0.0)
            _ = try await eventually(within: Self.deadline, "every idle client is dropped") {
                try await harness.events.publish([change, change])
                let waiting = harness.registry["event_streams_waiting_bytes"] ?? 0
                most.withLock { $0 = max($0, waiting) }
                return harness.registry["event_streams_dropped_total"] == 8 ? true : nil
            }
            // Every stream has at most what waits and what it hands to the socket at once, together what all may have.
            #expect(most.withLock { $0 } > 0)
            #expect(most.withLock { $0 } <= Double(limits.totalBytes + 9 * (EventQueue.batchBytes + 64 * 1024)))
            for reader in idle {
                let text = try await reader.read(until: "\r\n0\r\n\r\n", within: Self.deadline)
                #expect(text.hasSuffix("event: reset\ndata: {}\n\n\r\n0\r\n\r\n"))
            }
            try await harness.waitForStreams(1)
            // The other tenant's stream goes on, and knows nothing of it.
            try await harness.events.publish([TaskChange(try await harness.largeTask(of: bob, bytes: 10))])
            #expect(try await other.read(until: "event: task", "event: reset").contains("event: task"))
            _ = try await eventually(within: Self.deadline, "nothing waits any more") {
                harness.registry["event_streams_waiting_bytes"] == 0 ? true : nil
            }
        }
    }

    @Test func allTogetherAreBoundedWhereEachIsNot() async throws {
        let harness = try await APIHarness(eventLimits: EventLimits(streamBytes: 1 << 30, totalBytes: 512 * 1024))
        try await harness.serve { port, ada, bob in
            let idle = try [ada, bob].map { try IdleReader(port: port, path: "/api/events", token: $0) }
            try await harness.waitForStreams(2)
            let changes = try await [ada, bob].asyncMap { TaskChange(try await harness.largeTask(of: $0, bytes: 32 * 1024)) }
            _ = try await eventually(within: Self.deadline, "both are dropped") {
                try await harness.events.publish(changes)
                return harness.registry["event_streams_dropped_total"] == 2 ? true : nil
            }
            for reader in idle {
                #expect(try await reader.read(until: "event: reset", within: Self.deadline).contains("event: reset"))
            }
        }
    }

    @Test func streamsAreLimitedByUserAndInAll() async throws {
        let harness = try await APIHarness(eventLimits: EventLimits(streams: 3, streamsPerUser: 2))
        try await harness.serve { port, ada, bob in
            let open = try [ada, ada, bob].map { try IdleReader(port: port, path: "/api/events", token: $0) }
            try await harness.waitForStreams(3)
            let hers = try await IdleReader(port: port, path: "/api/events", token: ada).read(until: "request_id")
            #expect(hers.hasPrefix("HTTP/1.1 429"))
            #expect(hers.contains("too_many_event_streams"))
            #expect(hers.lowercased().contains("\r\nretry-after: 15\r\n"))
            let his = try await IdleReader(port: port, path: "/api/events", token: bob).read(until: "request_id")
            #expect(his.hasPrefix("HTTP/1.1 503"))
            #expect(his.contains("event_streams_exhausted"))
            #expect(harness.registry[#"event_streams_refused_total{limit="user"}"#] == 1)
            #expect(harness.registry[#"event_streams_refused_total{limit="total"}"#] == 1)
            // Who goes makes room at once, and not with the next heartbeat.
            open[0].leave()
            try await harness.waitForStreams(2)
            let again = try await IdleReader(port: port, path: "/api/events", token: ada).read(until: "retry: 2000")
            #expect(again.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func aStreamThatIsRefusedOrOnlyLookedAtTakesNoRoom() async throws {
        let harness = try await APIHarness(eventLimits: EventLimits(streams: 1))
        try await harness.run { ada, _ in
            for _ in 0..<3 {
                let head = try await ada.send(.head, "/api/events")
                #expect(head.status == .ok)
            }
        }
        #expect(harness.registry["event_streams"] == 0)
    }

    // MARK: Without a connection

    private static let principal = Principal(user: UserID("u"), email: "u@example.org", tenant: TenantID("t"))

    @Test func aStreamEndsWithItsToken() async throws {
        let clock = ManualClock()
        let hub = EventHub(events: SilentEvents(), clock: clock, logger: .init(label: "test"), metrics: PrometheusRegistry())
        let open = try hub.open(for: Self.principal, until: clock.now() + .seconds(60))
        let writer = RecordingWriter()
        let running = Task { try await open.stream.run(to: ServerSentSink(writer: writer)) { try await $0.write([.retry]) } }
        try await eventually(within: Self.deadline, "the past to be sent") { writer.text.isEmpty ? nil : () }
        clock.advance(by: .seconds(59))
        hub.tick()
        clock.advance(by: .seconds(1))
        hub.tick()
        try await within(Self.deadline, "the stream ends") { try await running.value }
        #expect(writer.text == "retry: 2000\n\n")
    }

    @Test func thePastOfAStreamEndsWithItsToken() async throws {
        let clock = ManualClock()
        let hub = EventHub(events: SilentEvents(), clock: clock, logger: .init(label: "test"), metrics: PrometheusRegistry())
        let open = try hub.open(for: Self.principal, until: clock.now() + .seconds(60))
        let writer = RecordingWriter()
        let end = try await open.stream.run(to: ServerSentSink(writer: writer)) { sender in
            try await sender.write([.retry])
            clock.advance(by: .seconds(60))
            hub.tick()
            for _ in 0..<1000 { try await sender.write([.reset]) }
        }
        #expect(end == .tokenExpired)
        #expect(writer.text == "retry: 2000\n\n")
    }

    @Test func aStreamThatNobodyReadsIsGivenUp() async throws {
        let hub = EventHub(events: SilentEvents(), logger: .init(label: "test"), metrics: PrometheusRegistry())
        let open = try hub.open(for: Self.principal, until: SystemClock().now() + .seconds(3600))
        let writer = StuckWriter()
        let running = Task { try await open.stream.run(to: ServerSentSink(writer: writer)) { try await $0.write([.retry]) } }
        try await within(Self.deadline, "it writes") { try await writer.waitForWrite() }
        for _ in 0..<EventQueue.ticksForSending { hub.tick() }
        await #expect(throws: EventStream.Aborted.self) {
            try await within(Self.deadline, "the stream ends") { try await running.value }
        }
    }

    @Test func anIdleStreamBeats() async throws {
        let hub = EventHub(events: SilentEvents(), logger: .init(label: "test"), metrics: PrometheusRegistry())
        let open = try hub.open(for: Self.principal, until: SystemClock().now() + .seconds(3600))
        let writer = RecordingWriter()
        let running = Task { try await open.stream.run(to: ServerSentSink(writer: writer)) { _ in } }
        _ = try await eventually(within: Self.deadline, "a heartbeat") {
            hub.tick()
            return writer.text.hasPrefix(": heartbeat\n\n") ? true : nil
        }
        open.stream.finish(.shutdown)
        try await within(Self.deadline, "the stream ends") { try await running.value }
    }
}

/// Tells of nothing.
private struct SilentEvents: TaskEvents {
    func publish(_ changes: [TaskChange]) async throws {}
    func subscribe() async throws -> AsyncStream<TaskChange> { AsyncStream { $0.finish() } }
}

private final class RecordingWriter: ResponseBodyWriter, Sendable {
    private let written = Mutex("")

    var text: String { written.withLock { $0 } }

    func write(_ buffer: ByteBuffer) async throws { written.withLock { $0 += String(buffer: buffer) } }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// A socket that takes nothing.
private final class StuckWriter: ResponseBodyWriter, Sendable {
    private let begun = AsyncStream.makeStream(of: Void.self)

    func waitForWrite() async throws { try await begun.stream.first("a write") }

    func write(_ buffer: ByteBuffer) async throws {
        begun.continuation.yield()
        // Until it is cancelled, as a write is that waits for room.
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        // bounded: by the cancellation, which is what the test is about
        for await _ in never {}
        withExtendedLifetime(continuation) {}
        throw CancellationError()
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
