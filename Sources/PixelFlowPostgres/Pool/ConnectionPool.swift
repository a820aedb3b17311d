import Metrics
import NIOPosix
import Synchronization

/// Connections to one server, each used by one caller at a time on a thread of the pool's own. Who
/// waits for a connection holds no thread.
final class ConnectionPool: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<PostgresConnection?, any Error>
        let timer: Task<Void, any Error>

        func resume(with result: Result<PostgresConnection?, any Error>) {
            timer.cancel()
            continuation.resume(with: result)
        }
    }

    private struct State {
        var slots: ConnectionSlots<PostgresConnection>
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let settings: PostgresSettings
    private let parameters: ConnectionParameters
    private let threads: NIOThreadPool
    private let gauges: PoolGauges
    private let state: Mutex<State>

    /// Connects to nothing yet.
    init(_ settings: PostgresSettings, parameters: ConnectionParameters, metrics: any MetricsFactory) {
        self.settings = settings
        self.parameters = parameters
        gauges = PoolGauges(metrics)
        state = Mutex(State(slots: ConnectionSlots(size: settings.poolSize, waitLimit: settings.waitLimit)))
        // As many as connections, so that there is a thread for every connection.
        threads = NIOThreadPool(numberOfThreads: max(1, settings.poolSize))
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// Runs `body` on a thread of the pool with exclusive use of a connection.
    ///
    /// - Parameter isFresh: whether the connection must be a new one.
    /// - Throws: `PostgresFailure`, `CancellationError` while waiting, and the errors of `body`.
    func withConnection<Value: Sendable>(
        isFresh: Bool = false, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        let granted = try await acquire()
        let outcome: (result: Result<Value, any Error>, kept: PostgresConnection?)
        do {
            outcome = try await threads.runIfActive { self.use(granted, isFresh: isFresh, body) }
        } catch {
            // It has not been run.
            release(granted)
            throw error is CancellationError ? error : Self.closed
        }
        release(outcome.kept)
        return try outcome.result.get()
    }

    /// Closes the connections, those in use once they are free, and ends the threads.
    func shutDown() async {
        let (waiters, idle) = state.withLock { state in
            let left = state.slots.close()
            return (left.waiters.compactMap { state.waiters.removeValue(forKey: $0) }, left.idle)
        }
        for waiter in waiters { waiter.resume(with: .failure(Self.closed)) }
        _ = try? await threads.runIfActive { for connection in idle { connection.close() } }
        try? await threads.shutdownGracefully()
    }

    private static let closed = PostgresFailure(.shutDown, "the connections are closed")

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
            let connection = try usable ?? PostgresConnection(parameters, statementTimeout: settings.statementTimeout)
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

    // MARK: - Slots

    /// A slot, with the connection in it.
    private func acquire() async throws -> PostgresConnection? {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer = admit(waiter, continuation)
                if let answer { continuation.resume(with: answer) }
                // The handler may have been called before there was anything to withdraw.
                if Task.isCancelled { withdraw(waiter, CancellationError()) }
            }
        } onCancel: {
            withdraw(waiter, CancellationError())
        }
    }

    /// - Returns: nil if the caller must wait.
    private func admit(
        _ waiter: Int, _ continuation: CheckedContinuation<PostgresConnection?, any Error>
    ) -> Result<PostgresConnection?, any Error>? {
        state.withLock { state in
            defer { gauges.record(state.slots) }
            switch state.slots.request(for: waiter) {
            case .granted(let connection): return .success(connection)
            case .refused: return .failure(PostgresFailure(.busy, "\(settings.waitLimit) calls are waiting for a connection already"))
            case .closed: return .failure(Self.closed)
            case .queued:
                let timer = Task {
                    try await Task.sleep(for: settings.waitTimeout)
                    withdraw(waiter, PostgresFailure(.busy, "no connection was free within \(settings.waitTimeout)"))
                }
                state.waiters[waiter] = Waiter(continuation: continuation, timer: timer)
                return nil
            }
        }
    }

    private func release(_ connection: PostgresConnection?) {
        let (next, unwanted): (Waiter?, PostgresConnection?) = state.withLock { state in
            let (waiter, unwanted) = state.slots.release(connection)
            gauges.record(state.slots)
            return (waiter.flatMap { state.waiters.removeValue(forKey: $0) }, unwanted)
        }
        unwanted?.close()
        next?.resume(with: .success(connection))
    }

    private func withdraw(_ waiter: Int, _ reason: any Error) {
        let withdrawn: Waiter? = state.withLock { state in
            guard state.slots.withdraw(waiter) else { return nil }
            gauges.record(state.slots)
            return state.waiters.removeValue(forKey: waiter)
        }
        withdrawn?.resume(with: .failure(reason))
    }
}
