import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: TaskWorkerStore {
    package func waiting(longerThan age: Duration, limit: Int) async throws -> [TaskID] {
        let start = (now - age).microseconds
        return try await read { database in
            let sql = """
                SELECT id FROM task
                WHERE status = 'PENDING' AND deleted_at IS NULL AND cancel_requested = 0 AND next_run_at <= ?
                ORDER BY next_run_at LIMIT ?
                """
            return try String.fetchAll(database.cachedStatement(sql: sql), arguments: [start, limit]).map { TaskID($0) }
        }
    }

    package func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord? {
        try await transition(id, .process, .claim(worker: worker)).changed
    }

    package func renew(_ claim: Claim) async throws -> Renewal {
        try await transition(claim.task, .process, .renew(claim)).renewal
    }

    package func complete(_ claim: Claim, with manifest: Manifest) async throws -> TaskRecord? {
        try await transition(claim.task, .machine, .complete(claim, manifest)).completed
    }

    package func fail(_ claim: Claim, with failure: TaskFailure) async throws -> TaskRecord? {
        try await transition(claim.task, .machine, .fail(claim, failure, jitter: .random(in: 0...1))).changed
    }

    package func release(_ claim: Claim) async throws -> TaskRecord? {
        try await transition(claim.task, .process, .release(claim)).changed
    }
}
