package import Metrics
package import PixelFlowCore

/// Tasks and presets in MongoDB, 6.0 or later, as a replica set or alone.
///
/// A change is one conditional write: claims by the rule itself, everything else by `TaskStateMachine`
/// here and a compare-and-set on the version of the document. Creations, claims and completions that
/// come at the same time share a command (`Batcher`). The time of day is the server's (`ServerClock`).
///
/// Writes wait for the journals of a majority, reads see what a majority has. Every method may be
/// repeated after an outage.
package final class MongoTaskStore: Sendable {
    let tasks: TaskCommands
    let creations: Batcher<TaskRecord, Creation>
    /// Apart from the others, which wait for no quota.
    let creationsWithinQuotas: Batcher<TaskRecord, Creation>
    let claims: Batcher<ClaimRequest, ClaimOutcome>
    let completions: Batcher<TaskSwap, Bool>
    private let reads: FairAsyncSemaphore<TenantID>

    /// Connects to nothing yet: the server may come later. The first use that reaches it, `check()`
    /// for one, makes the indexes that rules depend on; until then every method throws an outage.
    ///
    /// - Throws: `setting_invalid` if the URL is none.
    package convenience init(
        _ settings: MongoSettings, policy: TaskPolicy = .standard, metrics: any MetricsFactory = MetricsSystem.factory
    ) throws(PixelFlowError) {
        let database = try MongoDatabase(settings, metrics: metrics)
        self.init(TaskCommands(database: database, clock: ServerClock(database), policy: policy, metrics: metrics), settings)
    }

    /// For tests: judged by `clock` instead of the server's.
    package convenience init(_ settings: MongoSettings, policy: TaskPolicy, clock: any WallClock) throws(PixelFlowError) {
        let database = try MongoDatabase(settings, metrics: MetricsSystem.factory)
        self.init(
            TaskCommands(database: database, clock: LocalClock(clock: clock), policy: policy, metrics: MetricsSystem.factory), settings)
    }

    private init(_ tasks: TaskCommands, _ settings: MongoSettings) {
        self.tasks = tasks
        reads = FairAsyncSemaphore(limits: settings.readLimits, waitTimeout: settings.waitTimeout)
        creations = Batcher { try await tasks.create($0) }
        creationsWithinQuotas = Batcher { try await tasks.createWithinQuotas($0) }
        claims = Batcher { try await tasks.claim($0) }
        completions = Batcher { try await tasks.complete($0) }
    }

    /// Reads for one tenant: they take turns at the connections, and none holds all of them. What is read is decoded in the
    /// tenant's turn as well.
    ///
    /// - Throws: `task_database_busy` if too many reads wait already.
    func reading<Value>(for tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        do {
            try Task.checkCancellation()
            return try await reads.withPermit(tenant, body)
        } catch let error as AdmissionError {
            throw PixelFlowError.busy(MongoDatabase.backend, cause: error)
        }
    }

    /// Makes the indexes that are there for speed alone. Over millions of tasks that takes minutes, in which everything works and some of it
    /// more slowly. Ends when they are there or the caller is cancelled.
    ///
    /// - Parameter onRetry: told of each attempt that the server has not answered in time.
    package func buildIndexes(onRetry: @Sendable (any Error) -> Void) async throws {
        try await retry(Self.buildPauses, onRetry: onRetry) { try await tasks.indexes.build() }
    }

    private static let buildPauses = RetryPolicy(firstPause: .seconds(1), longestPause: .seconds(30), jitter: .equal)

    /// For tests: removes the database with everything in it.
    package func drop() async throws {
        _ = try await tasks.database.run(.prepare, ["dropDatabase": 1])
    }
}
