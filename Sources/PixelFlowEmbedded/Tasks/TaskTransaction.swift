import Foundation
import GRDB
import PixelFlowCore

/// The tasks as seen and changed by the writes of one transaction.
///
/// Confined to the writing thread.
final class TaskTransaction: TransactionContext {
    let database: Database
    private let cache: TaskCache
    private let versions: ChangeVersions
    /// The changes of this transaction so far: newer than the cache, not yet visible to others.
    private var staged: [TaskID: TaskRecord] = [:]
    private var removed: Set<TaskID> = []
    /// Tasks whose state for clients changes when this transaction is committed.
    private var visible: [TaskID: TenantID] = [:]

    init(_ database: Database, _ cache: TaskCache, _ versions: ChangeVersions) {
        self.database = database
        self.cache = cache
        self.versions = versions
    }

    func task(_ id: TaskID) throws -> TaskRecord? {
        if removed.contains(id) { return nil }
        if let task = staged[id] ?? cache.task(id) { return task }
        let document = try StoredDocument.fetchAll(database, "WHERE id = ?", [id.rawValue]).first
        return try SQLiteTaskStore.readable { try document?.task() }
    }

    /// For callers that can skip a task that only a newer version can decode: nil for such a task too.
    func readable(_ id: TaskID, _ rows: UnreadableRows) throws -> TaskRecord? {
        if removed.contains(id) { return nil }
        if let task = staged[id] ?? cache.task(id) { return task }
        guard let document = try StoredDocument.fetchAll(database, "WHERE id = ?", [id.rawValue]).first else { return nil }
        return rows.value(of: .task) { try document.task() }
    }

    func ids(_ sql: String, _ arguments: StatementArguments) throws -> [TaskID] {
        try String.fetchAll(database.cachedStatement(sql: sql), arguments: arguments).map { TaskID($0) }
    }

    func insert(_ task: TaskRecord) throws {
        try database.cachedStatement(sql: TaskRow.insert).execute(arguments: TaskRow.insertArguments(task))
        visible[task.id] = task.tenant
        staged[task.id] = task
    }

    func update(_ task: TaskRecord) throws {
        try database.cachedStatement(sql: TaskRow.update).execute(arguments: TaskRow.updateArguments(task))
        if (staged[task.id] ?? cache.task(task.id))?.revision != task.revision { visible[task.id] = task.tenant }
        staged[task.id] = task
    }

    /// A faster `update` for the most frequent change, which only empties the outbox.
    func clearOutbox(of task: TaskRecord) throws {
        try database.cachedStatement(sql: TaskRow.clearOutbox).execute(arguments: [task.id.rawValue])
        staged[task.id] = task
    }

    func remove(_ id: TaskID) throws {
        try database.cachedStatement(sql: "DELETE FROM task WHERE id = ?").execute(arguments: [id.rawValue])
        staged[id] = nil
        removed.insert(id)
    }

    func inSavepoint<Value>(_ body: (TaskTransaction) throws -> Value) throws -> Value {
        let before = (staged, removed)
        do {
            return try database.inCachedSavepoint { try body(self) }
        } catch {
            (staged, removed) = before
            throw error
        }
    }

    func willCommit() {
        cache.hide(staged.keys)
        removed.forEach(cache.remove)
        versions.begin(changes)
    }

    func didCommit() {
        cache.put(staged.values)
        versions.end(changes)
    }

    func didFail() { versions.end(changes) }

    private var changes: some Sequence<(task: TaskID, tenant: TenantID)> { visible.lazy.map { (task: $0.key, tenant: $0.value) } }
}
