import NIOCore
import PixelFlowCore
import Testing

@testable import PixelFlowAPI

/// Missed changes for a stream of a batch, if none of them belongs to the batch.
@Suite struct EventResumeTests {
    private static let pages = 5

    @Test func connectedClientsReceiveHeartbeats() async throws {
        let past = try await Past()
        try await past.send { _ in }
        #expect(past.reads == Self.pages)
    }

    @Test func readingStopsWhenTheClientDisconnects() async throws {
        let past = try await Past()
        await #expect(throws: ChannelError.self) { try await past.send { _ in throw ChannelError.ioOnClosedChannel } }
        #expect(past.reads == 1)
    }

    @Test func readingStopsWhenTheSessionEnds() async throws {
        let past = try await Past()
        try await past.send { $0.finish(.tokenExpired) }
        #expect(past.reads == 2)
    }

    /// The client reconnects to another replica with its last position.
    @Test func aShutdownEndsTheReplayWithoutReorderingEvents() async throws {
        let past = try await Past()
        try await past.send { stream in
            guard past.reads == 1 else { return }
            let change = try past.change()
            #expect(stream.push(change))
            stream.finish(.shutdown)
        }
        #expect(past.reads == 2)
        guard case .end(.shutdown) = past.open.stream.next() else {
            Issue.record("something is sent")
            return
        }
    }

    /// Tasks without a batch, and a stream for one.
    private final class Past: Sendable {
        let harness: APIHarness
        let open: OpenEventStream
        private let resume: EventResume
        private let sample: TaskRecord
        private let readBefore: Int

        init() async throws {
            harness = try await APIHarness()
            let tenant = TenantID("tenant")
            let user = UserID("user")
            func task() -> TaskRecord {
                let now = SystemClock().now()
                return TaskRecord(
                    id: .make(at: now), tenant: tenant, owner: user, source: .url("https://example.com/a.jpg"),
                    pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), fingerprint: "f", requestID: "r", createdAt: now)
            }
            sample = task()
            // The last page is not full, which shows that it is the last.
            for _ in 0..<MissedChanges.page * EventResumeTests.pages - 1 { _ = try await harness.tasks.create(task()) }
            readBefore = harness.counted.reads
            open = try harness.hub.open(
                for: Principal(user: user, email: "ada@example.org", tenant: tenant), until: SystemClock().now() + .seconds(3600))
            resume = try await EventResume(
                of: tenant, .batch(.make(at: sample.createdAt)), after: EventPosition(lastEventID: "1-x-1", now: nil),
                openedAfter: sample.createdAt,
                from: harness.counted,
                views: harness.hub.views)
        }

        /// The number of pages read.
        var reads: Int { harness.counted.reads - readBefore }

        func change() throws -> EncodedEvent { EncodedEvent(try harness.hub.views.event(TaskChange(sample))) }

        /// - Parameter onWrite: called when something is written to the client.
        func send(_ onWrite: @escaping @Sendable (EventStream) throws -> Void) async throws {
            try await open.stream.sendPast(to: Sink(stream: open.stream, onWrite: onWrite)) { try await resume.write(to: &$0) }
        }
    }

    private struct Sink: EventSink {
        let stream: EventStream
        let onWrite: @Sendable (EventStream) throws -> Void

        func write(_ messages: [EventMessage]) async throws { try onWrite(stream) }
    }
}
