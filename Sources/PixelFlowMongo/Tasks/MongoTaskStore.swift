package import Metrics
package import PixelFlowCore

/// Tasks and presets in MongoDB 6.0 or later, on a replica set or a standalone server.
///
/// A change is one conditional write: claims are expressed in the write itself; all other changes use `TaskStateMachine`
/// in this process and a compare-and-set on the version of the document. Concurrent creations, claims and completions
/// share a command (`Batcher`). Time is that of the server (`ServerClock`).
///
/// Writes wait for the journals of a majority, and reads return what a majority has. Every method may be
/// repeated after an outage.
package final class MongoTaskStore: Sendable {
    let tasks: TaskCommands
    let creations: Batcher<TaskRecord, Creation>
    /// Separate, so that other creations need not wait for quotas, and by tenant, because counting what a tenant uses may take long.
    let creationsWithinQuotas: KeyedBatcher<TenantID, TaskRecord, Creation>
    let claims: Batcher<ClaimRequest, ClaimOutcome>
    let completions: Batcher<TaskSwap, Bool>
    private let reads: FairAsyncSemaphore<TenantID>

    /// Does not connect: the server may become available later. The first successful use, such as
    /// `check()`, creates the indexes that correctness depends on; until then every method throws an outage.
    ///
    /// - Throws: `setting_invalid` if the URL is invalid.
    package convenience init(
        _ settings: MongoSettings, policy: TaskPolicy = .standard, metrics: any MetricsFactory = MetricsSystem.factory
    ) throws(PixelFlowError) {
        let database = try MongoDatabase(settings, metrics: metrics)
        self.init(TaskCommands(database: database, clock: ServerClock(database), policy: policy, metrics: metrics), settings)
    }

    /// For tests: uses `clock` instead of the server's time.
    package convenience init(_ settings: MongoSettings, policy: TaskPolicy, clock: any WallClock) throws(PixelFlowError) {
        let database = try MongoDatabase(settings, metrics: MetricsSystem.factory)
        self.init(
            TaskCommands(database: database, clock: LocalClock(clock: clock), policy: policy, metrics: MetricsSystem.factory), settings)
    }

    private init(_ tasks: TaskCommands, _ settings: MongoSettings) {
        self.tasks = tasks
        reads = FairAsyncSemaphore(limits: settings.readLimits, waitTimeout: settings.waitTimeout)
        creations = Batcher { try await tasks.create($0) }
        creationsWithinQuotas = KeyedBatcher(maxConcurrentBatches: max(1, settings.poolSize / 2)) {
            try await tasks.create($1, withinQuotaOf: $0)
        }
        claims = Batcher { try await tasks.claim($0) }
        completions = Batcher { try await tasks.complete($0) }
    }

    /// Reads for one tenant. Tenants take turns using the connections, and none occupies all of them. Decoding is part of the
    /// tenant's turn.
    ///
    /// - Throws: `task_database_busy` if too many reads are already waiting.
    func reading<Value>(for tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        guard TenantTurn.isRequired else { return try await body() }
        do {
            try Task.checkCancellation()
            return try await reads.withPermit(tenant, body)
        } catch let error as AdmissionError {
            throw PixelFlowError.busy(MongoDatabase.backend, cause: error)
        }
    }

    /// Creates the indexes that only improve speed. For millions of tasks this takes minutes, during which everything works, though some
    /// of it more slowly. Returns when they exist or the caller is cancelled.
    ///
    /// - Parameter onRetry: called after each attempt that the server has not completed in time.
    package func buildIndexes(onRetry: @Sendable (any Error) -> Void) async throws {
        try await retry(Self.buildPauses, onRetry: onRetry) { try await tasks.indexes.build() }
    }

    /// Builds the indexes, and builds them again if some are missing later, because the database was emptied or replaced in the meantime.
    /// Returns when the caller is cancelled.
    ///
    /// - Parameters:
    ///   - interval: how often it checks.
    ///   - onRetry: like that of `buildIndexes`.
    package func keepIndexes(checkedEvery interval: Duration = .seconds(60), onRetry: @Sendable (any Error) -> Void) async throws {
        while true {
            try await buildIndexes(onRetry: onRetry)
            try await Task.sleep(for: interval)
        }
    }

    private static let buildPauses = RetryPolicy(firstPause: .seconds(1), longestPause: .seconds(30), jitter: .equal)

    /// For tests: removes the whole database.
    package func drop() async throws {
        _ = try await tasks.database.run(.prepare, ["dropDatabase": 1])
    }
}
