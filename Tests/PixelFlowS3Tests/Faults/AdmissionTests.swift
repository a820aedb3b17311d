import Deadlines
import Logging
import NIOCore
import NIOPosix
import PixelFlowCore
import Testing

@testable import PixelFlowS3

/// More requests than may be in flight.
@Suite struct AdmissionTests {
    /// A store that allows one request in flight, and a server that never responds; `body` runs while one request is in flight.
    private func withBusyStore(
        waiting: Int, readTimeout: Duration = .seconds(60), _ body: (S3BlobStore, _ first: Task<Void, any Error>) async throws -> Void
    ) async throws {
        let (connections, arrivals) = AsyncStream.makeStream(of: Void.self)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                arrivals.yield()
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var settings = try stubSettings(channel.localAddress?.port ?? 0)
        settings.requests = 1
        settings.waiting = waiting
        settings.timeouts.readTimeout = readTimeout
        settings.timeouts.retries = 0
        let store = S3BlobStore(settings, logger: Logger(label: "test"))
        let first = Task { try await store.write(key("t/a/source"), bytes: sample(10)) }
        try await connections.first("a request to be under way")
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(store, first)) } catch { outcome = .failure(error) }
        first.cancel()
        try await channel.close()
        try outcome.get()
    }

    @Test func refusesImmediatelyWhenTheQueueIsFull() async throws {
        try await withBusyStore(waiting: 0) { store, _ in
            let error = await #expect(throws: PixelFlowError.self) {
                try await within(.testDeadline, "a refusal") { try await store.write(key("t/b/source"), bytes: sample(10)) }
            }
            #expect(error?.code == "blob_store_unavailable")
            #expect(error?.retry == .outage)
            #expect(error?.cause as? AdmissionError == .full)
        }
    }

    @Test func aWaiterGivesUpAtItsTimeLimit() async throws {
        try await withBusyStore(waiting: 10, readTimeout: .milliseconds(200)) { store, first in
            let waiters = (0..<5).map { _ in Task { try await store.write(key("t/b/source"), bytes: sample(10)) } }
            for request in [first] + waiters {
                let error = await #expect(throws: PixelFlowError.self) { try await request.value("the time-out") }
                #expect(error?.code == "blob_store_unavailable")
                #expect(error?.retry == .outage)
            }
        }
    }

    @Test func aCancelledWaiterStopsWaiting() async throws {
        try await withBusyStore(waiting: 10) { store, _ in
            let waiter = Task { try await store.write(key("t/b/source"), bytes: sample(10)) }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value("the wait to end") }
        }
    }
}
