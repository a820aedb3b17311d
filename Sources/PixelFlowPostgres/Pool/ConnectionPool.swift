import Metrics
import NIOPosix
import PixelFlowCore
import PixelFlowTelemetry
import Synchronization

/// Connections to one server, each used by one caller at a time on one of the pool's own threads. Callers that
/// wait for a connection occupy no thread.
final class ConnectionPool: Sendable {
    private let settings: PostgresSettings
    private let parameters: ConnectionParameters
    private let threads: NIOThreadPool
    private let gauges: PoolGauges
    /// One permit per connection and thread.
    private let permits: AsyncSemaphore
    private let idle = Mutex(IdleConnections<PostgresConnection>())
    /// For connections besides those of the pool: one at a time, so that a process has at most one more than its pool.
    private let ownPermit: AsyncSemaphore

    /// Does not connect.
    init(_ settings: PostgresSettings, parameters: ConnectionParameters, metrics: any MetricsFactory) {
        self.settings = settings
        self.parameters = parameters
        let gauges = PoolGauges(metrics, backend: "postgres", keepsConnections: false)
        self.gauges = gauges
        permits = AsyncSemaphore(permits: settings.poolSize, waiting: settings.waitLimit, waitTimeout: settings.waitTimeout) {
            gauges.record($0)
        }
        ownPermit = AsyncSemaphore(permits: 1, waiting: settings.waitLimit, waitTimeout: settings.waitTimeout)
        // One thread per connection.
        threads = NIOThreadPool(numberOfThreads: max(1, settings.poolSize))
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// Runs `body` on a thread of the pool with exclusive use of a connection.
    ///
    /// - Parameter isFresh: whether the connection must be a new one.
    /// - Throws: `PostgresError`, `CancellationError` while waiting, and the errors of `body`.
    func withConnection<Value: Sendable>(
        isFresh: Bool = false, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        do { try await permits.acquire() } catch let error as AdmissionError { throw failure(error) }
        // Only after the connection is idle again, so that the next caller finds it.
        defer { permits.release() }
        let granted = takeIdle()
        let outcome: (result: Result<Value, any Error>, kept: PostgresConnection?)
        do {
            outcome = try await threads.runIfActive { self.use(granted, isFresh: isFresh, body) }
        } catch {
            // `body` has not been run.
            keep(granted)
            throw error is CancellationError ? error : Self.closed
        }
        keep(outcome.kept)
        return try outcome.result.get()
    }

    /// Runs `body` with a new connection on a thread of its own, for what takes minutes: no other call waits for it.
    ///
    /// - Throws: as `withConnection`.
    func withOwnConnection<Value: Sendable>(_ body: @escaping @Sendable (PostgresConnection) throws -> Value) async throws -> Value {
        do { try await ownPermit.acquire() } catch let error as AdmissionError { throw failure(error) }
        defer { ownPermit.release() }
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await thread.runIfActive { [self] in
                    let connection = try PostgresConnection(parameters, statementTimeout: settings.commandTimeout)
                    defer { connection.close() }
                    return try body(connection)
                })
        } catch {
            result = .failure(error)
        }
        try await thread.shutdownGracefully()
        return try result.get()
    }

    /// Closes idle connections now and others once they are idle, then ends the threads.
    func shutDown() async {
        permits.close()
        ownPermit.close()
        let unused = idle.withLock { $0.close() }
        _ = try? await threads.runIfActive { for connection in unused { connection.close() } }
        try? await threads.shutdownGracefully()
    }

    private static let closed = PostgresError(.shutDown, "the connections are closed")

    /// Blocks.
    ///
    /// - Returns: the result, and the connection if it can be reused.
    private func use<Value>(
        _ granted: PostgresConnection?, isFresh: Bool, _ body: (PostgresConnection) throws -> Value
    ) -> (result: Result<Value, any Error>, kept: PostgresConnection?) {
        var usable = granted
        if let connection = granted, isFresh || !connection.isQuiet {
            connection.close()
            usable = nil
        }
        do {
            let connection = try usable ?? PostgresConnection(parameters, statementTimeout: settings.commandTimeout)
            let result = Result { try body(connection) }
            guard connection.isReusable else {
                connection.close()
                return (result, nil)
            }
            return (result, connection)
        } catch {
            return (.failure(error), nil)
        }
    }

    // MARK: - Idle connections

    private func takeIdle() -> PostgresConnection? {
        idle.withLock { idle in
            defer { gauges.record(idle: idle.count) }
            return idle.take()
        }
    }

    private func keep(_ connection: PostgresConnection?) {
        guard let connection else { return }
        let unwanted = idle.withLock { idle in
            defer { gauges.record(idle: idle.count) }
            return idle.keep(connection)
        }
        unwanted?.close()
    }

    private func failure(_ error: AdmissionError) -> PostgresError {
        switch error {
        case .full: PostgresError(.busy, "\(settings.waitLimit) calls are waiting for a connection already")
        case .waitedTooLong: PostgresError(.busy, "no connection was free within \(settings.waitTimeout)")
        case .closed: Self.closed
        }
    }
}
