import PixelFlowCore

extension TaskWorkerStoreConformance {
    static let concurrency: [Case] = [
        Case("many workers on few tasks: each task ends once, by valid transitions") { try await $0.manyWorkersOnFewTasks() }
    ]

    func manyWorkersOnFewTasks() async throws {
        var ids: [TaskID] = []
        for _ in 0..<12 { ids.append(try await add().id) }
        let tasks = ids
        let ends = try await racing(8) { number in
            var ends: [TaskID] = []
            for round in 0..<6 {
                for (index, id) in tasks.enumerated() {
                    guard let claimed = try await worker.claim(id, by: WorkerID("\(number)")) else { continue }
                    let isLast = round > 2 || (index + number + round).isMultiple(of: 3)
                    guard isLast else {
                        _ = try await worker.release(claimed.claim)
                        continue
                    }
                    let manifest = manifest(of: claimed, sha256: "\(claimed.epoch)")
                    if try await worker.complete(claimed.claim, with: manifest) != nil { ends.append(id) }
                }
            }
            return ends
        }.flatMap(\.self)
        try requireEqual(Set(ends).count, ends.count, "tasks completed twice")
        for id in tasks {
            let task = try requireValue(try await owner.find(id, of: Self.tenant), "task \(id) is gone")
            try requireEqual(task.status == .completed, ends.contains(id), "completed and told so")
            try requireEqual(task.outbox.count, task.status == .completed ? 1 : 0, "events")
            if task.status == .completed { try requireEqual(task.outputs[0].image?.sha256, "\(task.epoch)", "manifest of the last run") }
            try requireHistory(of: task)
        }
    }

    private func requireHistory(of task: TaskRecord) throws {
        let allowed: [TaskStatus: Set<TaskStatus>] = [.pending: [.processing], .processing: [.pending, .completed]]
        for (step, next) in zip(task.history, task.history.dropFirst()) {
            try require(allowed[step.status]?.contains(next.status) == true, "\(step.status) led to \(next.status)")
            try require(next.epoch >= step.epoch && next.at >= step.at, "epoch or time went back")
        }
        try requireEqual(task.history.last?.status, task.status, "end of the history")
    }
}
