import Conformance
import PixelFlowCore
import Synchronization
import Testing

@testable import PixelFlowMongo

/// Batches of one tenant do not wait for those of another.
@Suite(.timeLimit(.minutes(1))) struct KeyedBatcherTests {
    /// Holds the batches of one tenant until it is opened, and remembers all batches.
    private final class Server: Sendable {
        private let opening = AsyncStream.makeStream(of: Void.self)
        private let log = Mutex<[[Int]]>([])

        var batches: [[Int]] { log.withLock { $0 } }

        func open() { opening.continuation.finish() }

        func send(_ tenant: String, _ items: [Int]) async throws -> [Result<String, any Error>] {
            log.withLock { $0.append(items) }
            guard tenant == "slow" else { return items.map { .success("\(tenant) \($0)") } }
            // bounded: by open()
            for await _ in opening.stream {}
            return items.map { .success("\(tenant) \($0)") }
        }
    }

    @Test func aSlowTenantHoldsUpNoOther() async throws {
        let server = Server()
        let batcher = KeyedBatcher<String, Int, String>(maxConcurrentBatches: 2) { try await server.send($0, $1) }
        try await withThrowingTaskGroup(of: String.self) { group in
            for number in 1...50 { group.addTask { try await batcher.submit(number, for: "slow") } }
            try await eventually("all requests of the slow tenant") { batcher.callers(of: "slow") == 50 && !server.batches.isEmpty }
            for number in 100..<110 { #expect(try await batcher.submit(number, for: "quick") == "quick \(number)") }
            #expect(server.batches.filter { $0.contains { $0 < 100 } }.count == 1, "the slow tenant has one batch at a time")
            #expect(batcher.count == 1)
            server.open()
            let replies = try await group.reduce(into: Set<String>()) { $0.insert($1) }
            #expect(replies == Set((1...50).map { "slow \($0)" }))
        }
        // The first took what had arrived by then, which may have been all.
        #expect(server.batches.filter { $0.contains { $0 < 100 } }.count <= 2, "the requests of a tenant share batches")
        #expect(batcher.count == 0)
    }

    @Test func tooManyRequestsOfATenantAreRefused() async throws {
        let server = Server()
        let batcher = KeyedBatcher<String, Int, String>(maxConcurrentBatches: 1, queueLimit: 2) { try await server.send($0, $1) }
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await batcher.submit(0, for: "slow") }
            try await eventually("the first batch") { !server.batches.isEmpty }
            for number in 1...3 { group.addTask { try await batcher.submit(number, for: "slow") } }
            let result = await group.nextResult()
            let error = #expect(throws: PixelFlowError.self) { try result?.get() }
            #expect(error?.code == "task_database_busy")
            server.open()
            #expect(try await group.reduce(0) { count, _ in count + 1 } == 3)
        }
    }
}
