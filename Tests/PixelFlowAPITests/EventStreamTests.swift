import Conformance
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import PixelFlowCore
import PixelFlowEmbedded
import Prometheus
import RawHTTP
import Synchronization
import Testing

@testable import PixelFlowAPI

/// Event streams on real connections of clients that read, that do not read, and that have disconnected.
@Suite(.timeLimit(.minutes(2))) struct EventStreamTests {
    private static let deadline = Duration.seconds(60)

    @Test func slowClientsUseBoundedMemoryAndAreReset() async throws {
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
            // Every stream has at most its queue and one write to the socket, and all of them stay within the common limit.
            #expect(most.withLock { $0 } > 0)
            #expect(most.withLock { $0 } <= Double(limits.totalBytes + 9 * (EventQueue.batchBytes + 64 * 1024)))
            for reader in idle {
                let text = try await reader.read(until: "\r\n0\r\n\r\n", within: Self.deadline)
                #expect(text.hasSuffix("event: reset\ndata: {}\n\n\r\n0\r\n\r\n"))
            }
            try await harness.waitForStreams(1)
            // The other tenant's stream continues unaffected.
            try await harness.events.publish([TaskChange(try await harness.largeTask(of: bob, bytes: 10))])
            #expect(try await other.read(until: "event: task", "event: reset").contains("event: task"))
            _ = try await eventually(within: Self.deadline, "nothing waits any more") {
                harness.registry["event_streams_waiting_bytes"] == 0 ? true : nil
            }
        }
    }

    @Test func theTotalIsBoundedEvenIfEachStreamIsNot() async throws {
        let harness = try await APIHarness(eventLimits: EventLimits(streamBytes: 1 << 30, totalBytes: 512 * 1024))
        try await harness.serve { port, ada, bob in
            let idle = try [ada, bob].map { try IdleReader(port: port, path: "/api/events", token: $0) }
            try await harness.waitForStreams(2)
            let changes = try await [ada, bob].asyncMap { TaskChange(try await harness.largeTask(of: $0, bytes: 32 * 1024)) }
            _ = try await eventually(within: Self.deadline, "both are dropped") {
                try await harness.events.publish(changes)
                return harness.registry["event_streams_dropped_total"] == 2 ? true : nil
            }
            // With a reset, or closed: a client that had not read for a second when it was dropped gets none.
            for reader in idle { _ = try await reader.read(until: "event: reset", within: Self.deadline) }
        }
    }

    @Test func streamsAreLimitedPerUserAndInTotal() async throws {
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
            // A client that disconnects frees its slot immediately, not only with the next heartbeat.
            open[0].leave()
            try await harness.waitForStreams(2)
            let again = try await IdleReader(port: port, path: "/api/events", token: ada).read(until: "retry: 2000")
            #expect(again.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func streamsAreLimitedPerOrganisation() async throws {
        let harness = try await APIHarness(eventLimits: EventLimits(streams: 8, streamsPerUser: 8))
        try await harness.serve { port, ada, bob in
            let open = try (0..<6).map { _ in try IdleReader(port: port, path: "/api/events", token: ada) }
            try await harness.waitForStreams(6)
            let hers = try await IdleReader(port: port, path: "/api/events", token: ada).read(until: "request_id")
            #expect(hers.hasPrefix("HTTP/1.1 429"))
            #expect(hers.contains("Your organisation already has 6 open event streams"))
            let his = try await IdleReader(port: port, path: "/api/events", token: bob).read(until: "retry: 2000")
            #expect(his.hasPrefix("HTTP/1.1 200"))
            withExtendedLifetime(open) {}
        }
    }

    @Test func refusedStreamsAndHeadRequestsUseNoCapacity() async throws {
        let harness = try await APIHarness(eventLimits: EventLimits(streams: 1))
        try await harness.run { ada, _ in
            for _ in 0..<3 {
                let head = try await ada.send(.head, "/api/events")
                #expect(head.status == .ok)
            }
        }
        #expect(harness.registry["event_streams"] == 0)
    }

    /// Data that a client sends after the request for a stream is ignored, but its disconnect is still detected.
    @Test func noRequestReceivesAResponseAfterAStream() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            let client = try await RawConnection.open(port: port)
            let request = "GET /api/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(ada)\r\n\r\n"
            try await client.send(request)
            _ = try await client.reply(containing: "retry: 2000")
            try await client.send(request + request)
            try await harness.waitForStreams(1)
            let change = TaskChange(try await harness.largeTask(of: ada, bytes: 10))
            try await harness.events.publish([change])
            let text = try await client.reply(containing: "event: task")
            #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2)
            client.close()
            try await harness.waitForStreams(0)
        }
    }

    // MARK: Without a connection

    private static let principal = Principal(user: UserID("u"), email: "u@example.org", tenant: TenantID("t"))

    private static let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    private func hub(_ clock: any WallClock = SystemClock()) -> EventHub {
        EventHub(events: SilentEvents(), clock: clock, logger: .init(label: "test"), metrics: PrometheusRegistry())
    }

    /// Sends the events of a stream from now on.
    private func follow(_ open: OpenEventStream, _ outlet: RecordingOutlet) async throws {
        try await Self.eventLoop.submit { EventPump(open, to: outlet, on: Self.eventLoop).start() }.get()
    }

    @Test func aStreamEndsWithItsToken() async throws {
        let clock = ManualClock()
        let hub = hub(clock)
        let open = try hub.open(for: Self.principal, until: clock.now() + .seconds(60))
        let outlet = RecordingOutlet()
        try await follow(open, outlet)
        clock.advance(by: .seconds(59))
        hub.tick()
        #expect(outlet.ending == nil)
        clock.advance(by: .seconds(1))
        hub.tick()
        let ending = try await eventually(within: Self.deadline, "the stream to end") { outlet.ending }
        #expect(ending == .tokenExpired)
        #expect(outlet.text == "")
    }

    @Test func theReplayOfAStreamEndsWithItsToken() async throws {
        let clock = ManualClock()
        let hub = hub(clock)
        let open = try hub.open(for: Self.principal, until: clock.now() + .seconds(60))
        let writer = RecordingWriter()
        try await open.stream.sendPast(to: ServerSentSink(writer: writer)) { sender in
            try await sender.write([.retry])
            clock.advance(by: .seconds(60))
            hub.tick()
            for _ in 0..<1000 { try await sender.write([.reset]) }
        }
        #expect(open.stream.isOver)
        #expect(writer.text == "retry: 2000\n\n")
    }

    @Test(arguments: [false, true]) func anUnreadStreamIsAbandoned(inItsPast: Bool) async throws {
        let hub = hub()
        let open = try hub.open(for: Self.principal, until: SystemClock().now() + .seconds(3600))
        let outlet = RecordingOutlet(isStuck: true)
        if inItsPast {
            open.stream.attach { outlet.abort() }
            let past = Task {
                try await open.stream.sendPast(to: StuckSink(outlet: outlet)) { try await $0.write([.retry]) }
            }
            defer { past.cancel() }
            try await within(Self.deadline, "it writes") { try await outlet.waitForWrite() }
            for _ in 0..<EventQueue.ticksForSending { hub.tick() }
        } else {
            try await follow(open, outlet)
            for _ in 0..<EventQueue.ticksBetweenBeats { hub.tick() }
            try await within(Self.deadline, "it writes") { try await outlet.waitForWrite() }
            for _ in 0..<EventQueue.ticksForSending { hub.tick() }
        }
        try await eventually(within: Self.deadline, "the connection to be closed") { outlet.isAborted ? () : nil }
    }

    /// A client that has seen a later change would not get the missed one by resuming.
    @Test func streamsAreResetAfterMissedChanges() async throws {
        let events = ReportingEvents()
        let hub = EventHub(events: events, logger: .init(label: "test"), metrics: PrometheusRegistry())
        let outlets = [RecordingOutlet(), RecordingOutlet()]
        let running = Task { try await hub.run() }
        defer { running.cancel() }
        try await eventually(within: Self.deadline, "the hub to listen") { events.broadcast.isEmpty ? nil : () }
        for outlet in outlets {
            let open = try hub.open(for: Self.principal, until: SystemClock().now() + .seconds(3600))
            try await follow(open, outlet)
        }
        hub.tick()
        #expect(outlets.allSatisfy { $0.text == "" })
        events.broadcast.reportGap()
        for outlet in outlets {
            let ending = try await eventually(within: Self.deadline, "the stream to end") {
                hub.tick()
                return outlet.ending
            }
            #expect(ending == .missedChanges)
            #expect(outlet.text == "event: reset\ndata: {}\n\n")
        }
    }

    /// One organisation's streams hold more than all may, in events that their sockets do not accept.
    @Test func streamsThatDoNotReadEndBeforeOthers() async throws {
        let events = ReportingEvents()
        let limits = EventLimits(totalBytes: 100_000)
        let hub = EventHub(events: events, limits: limits, logger: .init(label: "test"), metrics: PrometheusRegistry())
        let running = Task { try await hub.run() }
        defer { running.cancel() }
        try await eventually(within: Self.deadline, "the hub to listen") { events.broadcast.isEmpty ? nil : () }
        func change(of tenant: TenantID, bytes: Int) -> TaskChange {
            let source = "https://example.org/" + String(repeating: "a", count: bytes)
            return TaskChange(
                TaskRecord(
                    id: TaskID.make(at: SystemClock().now()), tenant: tenant, owner: UserID("u"), source: .url(source),
                    pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), fingerprint: "", requestID: "r",
                    createdAt: SystemClock().now()))
        }
        let expiry = SystemClock().now() + .seconds(3600)
        let stuck = (0..<4).map { _ in RecordingOutlet(isStuck: true) }
        for outlet in stuck {
            let change = change(of: Self.principal.tenant, bytes: 40_000)
            try await follow(try hub.open(for: Self.principal, until: expiry, of: .task(change.task.id)), outlet)
            try await events.publish([change])
            try await within(Self.deadline, "it writes") { try await outlet.waitForWrite() }
        }
        let other = Principal(user: UserID("o"), email: "o@example.org", tenant: TenantID("o"))
        let reader = RecordingOutlet()
        try await follow(try hub.open(for: other, until: expiry), reader)
        for number in 1...5 {
            try await events.publish([change(of: other.tenant, bytes: 10)])
            try await eventually(within: Self.deadline, "event \(number)") {
                reader.text.components(separatedBy: "event: task").count == number + 1 ? () : nil
            }
        }
        #expect(reader.ending == nil)
        // Those that were ended do not keep their memory for as long as a slow reader may take.
        try await eventually(within: Self.deadline, "a stream that does not read to be closed") {
            hub.tick()
            return stuck.contains(where: \.isAborted) ? () : nil
        }
    }

    @Test func anIdleStreamSendsHeartbeats() async throws {
        let hub = hub()
        let open = try hub.open(for: Self.principal, until: SystemClock().now() + .seconds(3600))
        let outlet = RecordingOutlet()
        try await follow(open, outlet)
        _ = try await eventually(within: Self.deadline, "a heartbeat") {
            hub.tick()
            return outlet.text.hasPrefix(": heartbeat\n\n") ? true : nil
        }
        open.stream.finish(.shutdown)
        let ending = try await eventually(within: Self.deadline, "the stream to end") { outlet.ending }
        #expect(ending == .shutdown)
    }
}

/// Never reports a change.
private struct SilentEvents: TaskEvents {
    func publish(_ changes: [TaskChange]) async throws {}
    func subscribe(onGap: @escaping @Sendable () -> Void) async throws -> AsyncStream<TaskChange> { AsyncStream { $0.finish() } }
}

/// Lets a test report missed changes.
private struct ReportingEvents: TaskEvents {
    let broadcast = Broadcast<TaskChange>(capacity: 4)

    func publish(_ changes: [TaskChange]) async throws { broadcast.send(changes) }
    func subscribe(onGap: @escaping @Sendable () -> Void) async throws -> AsyncStream<TaskChange> { broadcast.subscribe(onGap: onGap) }
}

private final class RecordingWriter: ResponseBodyWriter, Sendable {
    private let written = Mutex("")

    var text: String { written.withLock { $0 } }

    func write(_ buffer: ByteBuffer) async throws { written.withLock { $0 += String(buffer: buffer) } }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// Records what it is sent, or never accepts it.
private final class RecordingOutlet: EventOutlet, Sendable {
    private struct State {
        var text = ""
        var ending: EventQueue.End?
        var stuck: [EventLoopPromise<Void>] = []
        var isAborted = false
    }

    private let isStuck: Bool
    private let state = Mutex(State())
    private let begun = AsyncStream.makeStream(of: Void.self)

    init(isStuck: Bool = false) { self.isStuck = isStuck }

    var text: String { state.withLock(\.text) }
    var ending: EventQueue.End? { state.withLock(\.ending) }
    var isAborted: Bool { state.withLock(\.isAborted) }

    func waitForWrite() async throws { try await begun.stream.first("a write") }

    func send(_ messages: [EventMessage], promise: EventLoopPromise<Void>) {
        begun.continuation.yield()
        state.withLock { state in
            if isStuck { state.stuck.append(promise) } else { state.text += messages.map { String(buffer: $0.serverSent) }.joined() }
        }
        if !isStuck { promise.succeed() }
    }

    func end(_ reason: EventQueue.End) { state.withLock { $0.ending = reason } }

    /// Fails pending writes, like a closed connection.
    func abort() {
        let stuck = state.withLock { state in
            state.isAborted = true
            defer { state.stuck = [] }
            return state.stuck
        }
        for promise in stuck { promise.fail(ChannelError.ioOnClosedChannel) }
    }
}

/// Passes missed changes to an outlet, like a socket.
private struct StuckSink: EventSink {
    let outlet: RecordingOutlet

    func write(_ messages: [EventMessage]) async throws {
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        outlet.send(messages, promise: promise)
        try await promise.futureResult.get()
    }
}
