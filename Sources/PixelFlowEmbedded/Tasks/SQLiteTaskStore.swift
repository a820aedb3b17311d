import Foundation
import GRDB
import Logging
package import PixelFlowCore
import Synchronization

/// Tasks and presets in one SQLite file, for one process.
///
/// Writes go through a `GroupCommit`: each loads the document, applies `TaskStateMachine`, and
/// stores the result in the same transaction.
package final class SQLiteTaskStore: Sendable {
    let database: DatabasePool
    private let commits: GroupCommit<TaskTransaction>
    private let cache: TaskCache
    let changes: ChangeVersions
    let clock: any WallClock
    let machine: TaskStateMachine
    /// The time of the latest change.
    private let latest = Mutex(Timestamp(microseconds: 0))
    private let reads: FairAsyncSemaphore<TenantID>
    let unreadable = UnreadableRows { kind, error in
        Logger(label: "sqlite").warning(
            "rows that only a newer version can read are left to it", metadata: ["rows": "\(kind.rawValue)", "error": "\(error)"])
    }

    /// Read-only connections. Reads without a tenant always find a free one, because tenants use at most `readLimits.permits`.
    static let readers = 5
    /// Limits concurrent and waiting reads of tenants: at a millisecond each, all of them complete long before `readWaitTimeout`.
    package static let readLimits = FairSemaphoreLimits(permits: 4, permitsOfOneKey: 2, waiting: 1000, waitingOfOneKey: 200)
    /// How long a read may wait for its turn.
    static let readWaitTimeout = Duration.seconds(20)

    /// Opens or creates the database at `path`.
    ///
    /// - Throws: `database_schema_newer`, `database_unusable`, with the path of the file.
    package init(
        path: String, policy: TaskPolicy = .standard, clock: any WallClock = SystemClock(), cached: Int = 2000,
        readLimits: FairSemaphoreLimits = SQLiteTaskStore.readLimits
    ) throws {
        self.database = try SQLiteDatabase.open(path: path, migrations: TaskSchema.migrations, readers: Self.readers)
        self.reads = FairAsyncSemaphore(limits: readLimits, waitTimeout: Self.readWaitTimeout)
        let cache = TaskCache(capacity: cached)
        self.cache = cache
        let changes = ChangeVersions()
        self.changes = changes
        self.commits = GroupCommit(database, label: "pixelflow.tasks.write") { TaskTransaction($0, cache, changes) }
        self.clock = clock
        self.machine = TaskStateMachine(policy: policy)
        do {
            follow(try database.read { try Int64.fetchOne($0, sql: Self.latestChange) })
        } catch {
            throw PixelFlowError.unavailable("task_database", cause: error)
        }
    }

    /// Skips from one organisation to the next, so that the number of changes does not matter.
    static let latestChange = """
        WITH RECURSIVE organisation (tenant) AS (
            SELECT MIN(tenant) FROM task
            UNION ALL
            SELECT (SELECT MIN(task.tenant) FROM task WHERE task.tenant > organisation.tenant) FROM organisation
                WHERE organisation.tenant IS NOT NULL
        )
        SELECT MAX((SELECT MAX(task.updated_at) FROM task WHERE task.tenant = organisation.tenant)) FROM organisation
        """

    /// A clock that differs by more than this was wrong when the changes were stored. Following it would stop time for as long.
    private static let longestSetback = Duration.seconds(86_400)

    /// Makes the next change follow stored ones, even if the clock has been set back since: clients continue after the last change that
    /// they know.
    func follow(_ change: Int64?) {
        guard let change = change.map({ Timestamp(microseconds: $0) }) else { return }
        let now = clock.now()
        guard change <= now + Self.longestSetback else {
            return Logger(label: "sqlite").warning(
                "changes of tasks are far in the future; clients that continue after them miss changes until then",
                metadata: ["latest": "\(change.iso8601)", "now": "\(now.iso8601)"])
        }
        latest.withLock { $0 = max($0, change) }
    }

    /// The current time, adjusted to be unique, so that changes have a total order.
    func tick() -> Timestamp {
        let now = clock.now()
        return latest.withLock { latest in
            latest = max(now, latest + .microseconds(1))
            return latest
        }
    }

    /// The current time. After the clock is set back, the time of the latest change: what has become due stays due.
    var now: Timestamp {
        let now = clock.now()
        // Changes in quick succession are a few microseconds ahead.
        return latest.withLock { $0 > now + .seconds(1) ? $0 : now }
    }

    // MARK: Writing

    /// Applies a transition to one task.
    ///
    /// A deleted task counts as missing.
    func transition(
        _ id: TaskID, of tenant: TenantID? = nil, _ durability: Durability, _ transition: TaskTransition
    ) async throws -> TransitionOutcome {
        try await write(durability) { tasks in
            guard var task = try tasks.task(id), tenant == nil || task.tenant == tenant, task.deletedAt == nil else { return .missing }
            do throws(TransitionError) {
                try self.machine.apply(transition, to: &task, at: self.tick())
            } catch {
                return .refused(error, task)
            }
            if case .replay = transition { try tasks.admit(.replay, of: task.tenant, at: self.now) }
            try tasks.update(task)
            return .changed(task)
        }
    }

    /// Applies a transition to each of the first `limit` tasks that match `condition`, whose argument is the current time, in the order of
    /// `column`. The result omits tasks to which the transition does not apply.
    ///
    /// - Parameter name: names the scan.
    func transitionAll(
        _ name: String, limit: Int, where condition: String, by column: String, _ transition: TaskTransition
    ) async throws -> [TaskRecord] {
        // Search outside of the writing thread first, because in most cases there is nothing to do.
        let now = now.microseconds
        let sql = "SELECT \(column), rowid, id FROM task WHERE \(condition) AND " + TaskRow.next(by: column)
        return try await unreadable.scan(name, limit: limit) { (part: UnreadableRows.ScanPart<RowPosition>) in
            let arguments = part.after.orBeginning.arguments(after: [now], limit: part.rows)
            let found = try await read { database in
                try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
                    .map { (key: RowPosition(value: try $0.value(0), row: try $0.value(1)), id: TaskID(try $0.value(2))) }
            }
            guard !found.isEmpty else { return [] }
            return try await write(.process) { tasks in
                var rows: [(key: RowPosition, value: TaskRecord?)] = []
                var left = part.values
                for (key, id) in found where left > 0 {
                    guard var task = try tasks.readable(id, self.unreadable),
                        (try? self.machine.apply(transition, to: &task, at: self.tick())) != nil
                    else {
                        rows.append((key, nil))
                        continue
                    }
                    try tasks.update(task)
                    rows.append((key, task))
                    left -= 1
                }
                return rows
            }
        }
    }

    func write<Value: Sendable>(
        _ durability: Durability, _ body: @escaping @Sendable (TaskTransaction) throws -> Value
    ) async throws -> Value {
        try await Self.reachable { try await self.commits.write(durability, body) }
    }

    /// Deletes at most `limit` rows of a tenant, whether this version can read them or not.
    ///
    /// - Parameter key: the columns of the primary key.
    /// - Returns: the number of deleted rows.
    func removeSome(from table: String, key: String, of tenant: TenantID, limit: Int) async throws -> Int {
        try await write(.process) { tasks in
            try tasks.database.execute(
                sql: "DELETE FROM \(table) WHERE (\(key)) IN (SELECT \(key) FROM \(table) WHERE tenant = ? LIMIT ?)",
                arguments: [tenant.rawValue, limit])
            return tasks.database.changesCount
        }
    }

    // MARK: Reading

    func cached(_ id: TaskID) -> TaskRecord? { cache.task(id) }

    /// Reads without a tenant. `body` must only fetch: decode the rows after the connection
    /// is free again. If the caller is cancelled, the query is interrupted.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await Self.reachable { try await self.database.read(body) }
    }

    /// Runs a single SELECT, which needs no transaction to see one state. Beginning and ending one costs more than reading a row.
    func select<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await Self.reachable { try await self.database.unsafeRead(body) }
    }

    /// Reads for one tenant. Tenants take turns, and none occupies all connections.
    ///
    /// - Parameter decode: runs after the connection is free, but still in the tenant's turn.
    /// - Throws: `task_database_busy` if too many reads are already waiting.
    func read<Rows: Sendable, Value: Sendable>(
        for tenant: TenantID, _ fetch: @escaping @Sendable (Database) throws -> Rows, decode: (Rows) async throws -> Value
    ) async throws -> Value {
        try await inTurn(of: tenant) { try await decode(try await read(fetch)) }
    }

    /// Like `read(for:_:decode:)`, for a single SELECT.
    func select<Rows: Sendable, Value: Sendable>(
        for tenant: TenantID, _ fetch: @escaping @Sendable (Database) throws -> Rows, decode: (Rows) async throws -> Value
    ) async throws -> Value {
        try await inTurn(of: tenant) { try await decode(try await select(fetch)) }
    }

    private func inTurn<Value: Sendable>(of tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        guard TenantTurn.isRequired else { return try await body() }
        do {
            return try await reads.withPermit(tenant, body)
        } catch let error as AdmissionError {
            throw PixelFlowError.busy("task_database", cause: error)
        }
    }

    /// The number of tenants' reads that wait for their turn.
    var waitingReads: Int { reads.waiting }

    func read<Value: Sendable>(for tenant: TenantID, _ fetch: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await read(for: tenant, fetch) { $0 }
    }

    /// Converts SQLite errors to an outage of the backend.
    static func reachable<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PixelFlowError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw PixelFlowError.insufficientStorage(cause: error)
        } catch {
            throw PixelFlowError.unavailable("task_database", cause: error)
        }
    }
}
