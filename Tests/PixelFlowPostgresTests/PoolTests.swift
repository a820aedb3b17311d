import Conformance
import Deadlines
import Dispatch
import MetricsTestKit
import PixelFlowCore
import PixelFlowIdentity
import Testing

@testable import PixelFlowPostgres

@Suite("Pool of PostgreSQL connections", .needsPostgres, .timeLimit(.minutes(1)))
struct PoolTests {
    @Test("a call that finds no free connection waits in line, up to its time limit")
    func callWaitsUpToItsTimeLimit() async throws {
        try await withBusyPool(waitTimeout: .milliseconds(300)) { pool, metrics, _ in
            let started = ContinuousClock.now
            let failure = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
            #expect(failure?.kind == .busy)
            #expect(ContinuousClock.now - started >= .milliseconds(300))
            let waiting = try metrics.expectGauge("database_pool_waiting", [("backend", "postgres")]).values
            #expect(waiting.contains(1))
        }
    }

    @Test("calls beyond the queue limit are refused immediately")
    func callBeyondTheQueueIsRefused() async throws {
        try await withBusyPool(waitTimeout: .seconds(60)) { pool, metrics, free in
            async let first: Void = pool.withConnection { _ in }
            async let second: Void = pool.withConnection { _ in }
            _ = try await eventually("two are waiting") { try Self.waiting(metrics) == 2 ? true : nil }
            let failure = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
            #expect(failure?.kind == .busy)
            free()
            _ = try await (first, second)
        }
    }

    @Test("a caller that stops waiting leaves the queue")
    func cancelledCallerLeavesTheQueue() async throws {
        try await withBusyPool(waitTimeout: .seconds(60)) { pool, metrics, free in
            let waiter = Task { try await pool.withConnection { _ in } }
            _ = try await eventually("one is waiting") { try Self.waiting(metrics) == 1 ? true : nil }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value("the wait to end") }
            #expect(try Self.waiting(metrics) == 0)
            free()
            try await pool.withConnection { _ in }
        }
    }

    @Test("a busy store reports an outage to its callers, and recovers")
    func busyStoreRecovers() async throws {
        try await TestDatabase.with { database in
            var settings = database.settings
            settings.poolSize = 2
            settings.waitLimit = 4
            let store = try database.store(settings)
            try await store.check()
            let failures = await withTaskGroup(of: PixelFlowError?.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        do { try await store.check() } catch { return error as? PixelFlowError }
                        return nil
                    }
                }
                return await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
            }
            #expect(failures.allSatisfy { $0.retry == .outage })
            try await store.check()
        }
    }

    @Test("a pool that is shut down refuses waiting and new callers")
    func closedPoolRefusesCalls() async throws {
        try await withBusyPool(waitTimeout: .seconds(60)) { pool, metrics, free in
            let waiter = Task { try await pool.withConnection { _ in } }
            _ = try await eventually("one is waiting") { try Self.waiting(metrics) == 1 ? true : nil }
            async let done: Void = pool.shutDown()
            let waiting = await #expect(throws: PostgresError.self) { try await waiter.value("the wait to end") }
            #expect(waiting?.kind == .shutDown)
            free()
            await done
            let late = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
            #expect(late?.kind == .shutDown)
        }
    }

    /// A pool of two connections, both in use until `free` is called; two may wait.
    private func withBusyPool(
        waitTimeout: Duration, _ body: (ConnectionPool, TestMetrics, _ free: @Sendable () -> Void) async throws -> Void
    ) async throws {
        try await TestDatabase.with { database in
            var settings = database.settings
            settings.poolSize = 2
            settings.waitLimit = 2
            settings.waitTimeout = waitTimeout
            let metrics = TestMetrics()
            let pool = ConnectionPool(settings, parameters: try settings.parameters(), metrics: metrics)
            let gate = DispatchSemaphore(value: 0)
            let (started, starts) = AsyncStream.makeStream(of: Void.self)
            let holders = (0..<2).map { _ in
                Task {
                    try await pool.withConnection { _ in
                        starts.yield()
                        guard gate.wait(timeout: .now() + 60) == .success else {
                            throw DeadlineExceeded("the connections to be freed", limit: .seconds(60), file: #fileID, line: #line)
                        }
                    }
                }
            }
            var starting = started.makeAsyncIterator()
            for _ in 0..<2 { try await starting.next("both connections to be in use") }
            let free: @Sendable () -> Void = { for _ in 0..<2 { gate.signal() } }
            let result: Result<Void, any Error>
            do { result = .success(try await body(pool, metrics, free)) } catch { result = .failure(error) }
            free()
            for holder in holders { try await holder.value("a connection to be free") }
            await pool.shutDown()
            try result.get()
        }
    }

    private static func waiting(_ metrics: TestMetrics) throws -> Double? {
        try metrics.expectGauge("database_pool_waiting", [("backend", "postgres")]).lastValue
    }
}
