import Dispatch
import GRDB
import Synchronization

/// The only writer of a SQLite database, which combines many writes into one transaction.
///
/// While a transaction is being synced to disk, new writes wait and
/// then share the next transaction. Under load, this spreads the cost of an fsync over many tasks, while an idle
/// database still responds after a single one. A failed write is rolled back to its savepoint
/// without affecting the others of its transaction.
///
/// Writes receive a `Context`, which is created for each transaction.
final class GroupCommit<Context: TransactionContext>: Sendable {
    private struct Job: Sendable {
        let durability: Durability
        let run: @Sendable (Context) -> Void
        /// Called when the transaction has ended, with the error if it failed.
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isRunning = false
        /// Whether the connection syncs each commit; nil until the first.
        var isSyncing: Bool?
    }

    private let database: any DatabaseWriter
    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let makeContext: @Sendable (Database) -> Context

    init(_ database: any DatabaseWriter, label: String, makeContext: @escaping @Sendable (Database) -> Context) {
        self.database = database
        self.queue = DispatchQueue(label: label, qos: .userInitiated)
        self.makeContext = makeContext
    }

    /// Runs `body` in a transaction, and returns its value once the transaction is committed.
    ///
    /// - Parameter body: must be fast, because it runs on the writing thread.
    func write<Value: Sendable>(
        _ durability: Durability, _ body: @escaping @Sendable (Context) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Mutex<Result<Value, any Error>?>(nil)
            let job = Job(durability: durability) { context in
                let result = Result { try context.inSavepoint(body) }
                outcome.withLock { $0 = result }
            } finish: { failure in
                if let failure { return continuation.resume(throwing: failure) }
                guard let result = outcome.withLock({ $0 }) else { return continuation.resume(throwing: CancellationError()) }
                continuation.resume(with: result)
            }
            enqueue(job)
        }
    }

    private func enqueue(_ job: Job) {
        let mustStart = state.withLock { state in
            state.waiting.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { queue.async { self.drain() } }
    }

    private func drain() {
        while let jobs = nextBatch() {
            let failure = commit(jobs)
            for job in jobs { job.finish(failure) }
        }
    }

    private func nextBatch() -> [Job]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// Must be called outside of a transaction.
    private func setSyncing(_ isOn: Bool, _ database: Database) throws {
        guard state.withLock({ $0.isSyncing }) != isOn else { return }
        try database.execute(sql: "PRAGMA synchronous = \(isOn ? "FULL" : "NORMAL")")
        state.withLock { $0.isSyncing = isOn }
    }

    private func commit(_ jobs: [Job]) -> (any Error)? {
        let mustSync = jobs.contains { $0.durability == .machine }
        do {
            try database.writeWithoutTransaction { database in
                try setSyncing(mustSync, database)
                let context = makeContext(database)
                var isCommitting = false
                do {
                    try database.inTransaction(.immediate) {
                        // If one write rolls back the whole transaction, as on a full disk, GRDB rejects all later writes and the commit.
                        for job in jobs { job.run(context) }
                        context.willCommit()
                        isCommitting = true
                        return .commit
                    }
                } catch {
                    if isCommitting { context.didFail() }
                    throw error
                }
                context.didCommit()
            }
            return nil
        } catch {
            return error
        }
    }
}

/// What a write must survive.
enum Durability: Sendable {
    /// A crash of the machine: the write is synced before the caller continues.
    case machine
    /// A crash of the process: the write is passed to the operating system.
    case process
}

/// The state shared by the writes of one transaction. Confined to the writing thread.
protocol TransactionContext: AnyObject, SendableMetatype {
    /// Runs one write; if it throws, the write has no effect.
    func inSavepoint<Value>(_ body: (Self) throws -> Value) throws -> Value
    /// Called immediately before the commit, which makes the changes visible in the database.
    func willCommit()
    /// Called after a successful commit.
    func didCommit()
    /// Called instead of `didCommit` if the commit fails.
    func didFail()
}

extension Database {
    /// Like `inSavepoint` inside of a transaction, but does not compile its statements each time, and returns the value of the body.
    func inCachedSavepoint<Value>(_ body: () throws -> Value) throws -> Value {
        func run(_ sql: String) throws { try cachedStatement(sql: sql).execute() }
        try run("SAVEPOINT write")
        do {
            let value = try body()
            try run("RELEASE write")
            return value
        } catch {
            // SQLite may have rolled back the whole transaction, as on a full disk. Then there is no savepoint, and the commit fails.
            if isInsideTransaction {
                try run("ROLLBACK TO write")
                try run("RELEASE write")
            }
            throw error
        }
    }
}
