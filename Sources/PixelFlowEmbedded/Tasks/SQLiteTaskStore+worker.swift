import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: TaskWorkerStore {
    package func waiting(longerThan age: Duration, in lanes: Set<Lane>, limit: Int) async throws -> [TaskID] {
        let (now, start) = (now.microseconds, (now - age).microseconds)
        return try await read { database in
            func ready(isHeld: Bool, in lanes: some Collection<Lane>, order: String) -> String {
                """
                SELECT id FROM task
                WHERE status = 'PENDING' AND deleted_at IS NULL AND held = \(isHeld ? 1 : 0) AND lane IN (\(lanes.map(\.rank).sorted().map(String.init).joined(separator: ", ")))
                    AND next_run_at <= ? AND cancel_requested <= ? ORDER BY \(order) LIMIT ?
                """
            }
            let sent = ready(isHeld: false, in: lanes, order: "lane, next_run_at")
            let found = try String.fetchAll(database.cachedStatement(sql: sent), arguments: [start, 0, limit])
            // Cancelled or not, and in any lane: a dispatcher is active.
            let any = ready(isHeld: false, in: Lane.allCases, order: "lane, next_run_at")
            let isTurning = try String.fetchOne(database.cachedStatement(sql: any), arguments: [now, 1, 1]) != nil
            if !found.isEmpty || isTurning { return found.map { TaskID($0) } }
            let held = ready(isHeld: true, in: lanes, order: "lane, tenant, next_run_at")
            return try String.fetchAll(database.cachedStatement(sql: held), arguments: [start, 0, limit]).map { TaskID($0) }
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
