import Dispatch
import GRDB
import Synchronization

/// The only writer of a SQLite database, with many writes per transaction.
///
/// While one transaction is being synced to the disk, the writes that arrive meanwhile wait and
/// then share the next. Under load the cost of an fsync is so spread over many tasks, and an idle
/// database still answers after a single one. A write that fails is rolled back to its savepoint
/// and leaves the others of its transaction alone.
///
/// Writes get a `Context`, which is created for each transaction.
final class GroupCommit<Context: TransactionContext>: Sendable {
    private struct Job: Sendable {
        let durability: Durability
        let run: @Sendable (Context) -> Void
        /// Called once the transaction has ended, with the error that undid it.
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isRunning = false
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

    /// Runs `body` in a transaction and returns its value once that has been committed.
    ///
    /// - Parameter body: must be quick; it runs on the writing thread.
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

    private func commit(_ jobs: [Job]) -> (any Error)? {
        let mustSync = jobs.contains { $0.durability == .machine }
        do {
            try database.writeWithoutTransaction { database in
                // Not allowed inside a transaction, hence not part of it.
                try database.execute(sql: "PRAGMA synchronous = \(mustSync ? "FULL" : "NORMAL")")
                let context = makeContext(database)
                var isCommitting = false
                do {
                    try database.inTransaction(.immediate) {
                        // If one write costs the whole transaction, as on a full disk, GRDB refuses those after it and the commit.
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

/// How a write must survive.
enum Durability: Sendable {
    /// A crash of the machine: synced before the caller hears of it.
    case machine
    /// A crash of the process: handed to the operating system.
    case process
}

/// Shared by the writes of one transaction. Confined to the writing thread.
protocol TransactionContext: AnyObject, SendableMetatype {
    /// Runs one write; if it throws, it has no effect.
    func inSavepoint<Value>(_ body: (Self) throws -> Value) throws -> Value
    /// Called before the transaction is committed, from when on others may see it in the database.
    func willCommit()
    /// Called once the transaction is in the database.
    func didCommit()
    /// Called in its place if the commit fails.
    func didFail()
}
