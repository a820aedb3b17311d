import CircuitBreaker
import Logging
import Metrics
import PixelFlowCore
import PixelFlowIdentity

/// The access to the server: pool, circuit breaker, retries, metrics, and conversion to the errors of the ports.
final class PostgresDatabase: Sendable {
    /// The kind of request, also the label in metrics.
    enum Operation: Hashable, CaseIterable {
        case migrate, check, diagnose
        case identity(IdentityOperation)

        static let allCases = [migrate, check, diagnose] + IdentityOperation.allCases.map(identity)

        var name: String {
            switch self {
            case .migrate: "migrate"
            case .check: "check"
            case .diagnose: "diagnose"
            case .identity(let operation): operation.rawValue
            }
        }
    }

    /// A transaction that lost a deadlock is retried after a random delay, so that it does not meet its rival again.
    private static let conflictPolicy = RetryPolicy(
        firstPause: .milliseconds(10), longestPause: .milliseconds(200), jitter: .full, attempts: 5)

    private let pool: ConnectionPool
    private let breaker: CircuitBreaker
    private let timers: [Operation: Metrics.Timer]
    private let logger: Logger

    /// - Throws: `setting_invalid`.
    init(_ settings: PostgresSettings, logger: Logger, metrics: any MetricsFactory) throws(PixelFlowError) {
        pool = ConnectionPool(settings, parameters: try settings.parameters(), metrics: metrics)
        breaker = CircuitBreaker(name: "postgres", metrics: metrics)
        timers = Dictionary(
            uniqueKeysWithValues: Operation.allCases.map { operation in
                let dimensions = [("backend", "postgres"), ("operation", operation.name)]
                return (operation, Metrics.Timer(label: "database_request_duration_seconds", dimensions: dimensions, factory: metrics))
            })
        self.logger = logger
    }

    /// Runs `body` once, with a connection of its own instead of one of the pool, for what takes minutes. The circuit breaker does not wait
    /// for the result.
    ///
    /// - Throws: as `run`.
    func runApart<Value: Sendable>(
        _ operation: Operation, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await mappingErrors(operation) { try await pool.withOwnConnection(body) }
    }

    /// Runs `body` with a connection; retries once on a new connection if the first was lost, and makes up to five attempts in total if
    /// its transaction is rolled back in favour of others. `body` must be idempotent.
    ///
    /// - Throws: `PixelFlowError`, with `retry == .outage` if the server does not respond.
    func run<Value: Sendable>(
        _ operation: Operation, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await mappingErrors(operation) {
            try await retry(Self.conflictPolicy, if: { ($0 as? PostgresError)?.kind == .conflict }) {
                try await onTwoConnections(operation, body)
            }
        }
    }

    /// Measures `body`, and turns its errors into those of the ports.
    private func mappingErrors<Value>(_ operation: Operation, _ body: () async throws -> Value) async throws -> Value {
        let started = ContinuousClock.now
        defer { timers[operation]?.record(duration: ContinuousClock.now - started) }
        do {
            return try await body()
        } catch let failure as PostgresError {
            throw Self.error(for: failure)
        } catch let refusal as CircuitOpenError {
            throw PixelFlowError.unavailable("database", cause: refusal)
        }
    }

    private func onTwoConnections<Value: Sendable>(
        _ operation: Operation, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        do {
            return try await attempt(isFresh: false, body)
        } catch let failure as PostgresError where failure.isWorthAnotherTry {
            logger.warning(
                "database connection lost, retrying once",
                metadata: ["operation": "\(operation.name)", "error": "\(failure)"])
            return try await attempt(isFresh: true, body)
        }
    }

    func shutDown() async { await pool.shutDown() }

    private func attempt<Value: Sendable>(
        isFresh: Bool, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await breaker.run(countingAsFailure: Self.isOutage) {
            try await pool.withConnection(isFresh: isFresh, body)
        }
    }

    @Sendable private static func isOutage(_ error: any Error) -> Bool { (error as? PostgresError)?.isOutage ?? false }

    private static func error(for failure: PostgresError) -> PixelFlowError {
        // Data that the server cannot store; in text this is the NUL character.
        if case .refused(let state) = failure.kind, state.hasPrefix("22") {
            return PixelFlowError(.invalid, code: "invalid_value", "The text contains a character that cannot be stored.", cause: failure)
        }
        return .unavailable("database", cause: failure)
    }
}
