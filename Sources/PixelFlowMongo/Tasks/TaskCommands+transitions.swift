import PixelFlowCore

extension TaskCommands {
    /// Maximum number of attempts after conflicts with concurrent writers.
    private static let tries = 50

    /// Applies a transition to one task.
    ///
    /// - Parameters:
    ///   - known: the last known document, which saves a read.
    ///   - write: applies the change unless there was a concurrent one; defaults to `swap`.
    /// - Returns: the outcome; a deleted task counts as missing.
    func transition(
        _ id: TaskID, of tenant: TenantID? = nil, known: TaskDocument? = nil, _ transition: TaskTransition,
        write: ((TaskSwap) async throws -> Bool)? = nil
    ) async throws -> TransitionOutcome {
        let write = write ?? { try await swap($0) }
        var known = known
        var written: Int64?
        for attempt in 0..<Self.tries {
            // A concurrent writer may not have a majority yet; only in that case can a read return the same state again.
            if attempt > 2 { try await Task.sleep(for: .milliseconds(attempt)) }
            let isFromMemory = known != nil
            let current = if let known { known } else { try await document(id, of: tenant) }
            guard let current, current.record.deletedAt == nil || isFromMemory else { return .missing }
            // A write that is repeated after its response was lost matches nothing, but is in effect.
            if current.version == written { return .changed(current.record) }
            known = nil
            switch try await change(current, by: transition, write) {
            case .done(let record, _): return .changed(record)
            case .overtaken(let version): written = version
            case .refused(let refusal):
                if isFromMemory { continue }
                return .refused(refusal, current.record)
            }
        }
        throw PixelFlowError.unavailable(MongoDatabase.backend, cause: ContentionError(task: id))
    }

    private enum Outcome {
        case done(TaskRecord, Int64)
        case overtaken(Int64)
        case refused(TransitionError)
    }

    private func change(
        _ current: TaskDocument, by transition: TaskTransition, _ write: (TaskSwap) async throws -> Bool
    ) async throws -> Outcome {
        try await changing { _, ticks in
            var record = current.record
            do throws(TransitionError) {
                try machine.apply(transition, to: &record, at: ticks[0].after(current.record))
            } catch {
                return .refused(error)
            }
            let swap = TaskSwap(from: current, to: record)
            return try await write(swap) ? .done(swap.new.record, swap.new.version) : .overtaken(swap.new.version)
        }
    }

    /// Matches tasks with this next step, due at such a time; not held ones.
    func agenda(_ step: TaskDocument.NextStep, at time: BSONDocument) -> BSONDocument {
        var filter = TaskDocument.agenda(step)
        filter[Name.nextStepAt] = .document(time)
        return filter
    }

    /// Applies a transition to each of the first tasks that match `filter`. The result omits tasks to which it does not
    /// apply, and those that were changed concurrently.
    ///
    /// - Parameters:
    ///   - name: names the scan.
    ///   - time: the order of the tasks, which the filter bounds.
    func transitionAll(
        _ name: String, _ operation: MongoOperation, by time: String = Name.nextStepAt, limit: Int, _ transition: TaskTransition,
        where filter: (Timestamp) -> BSONDocument
    ) async throws -> [TaskRecord] {
        // Use the lower bound of the server's clock, so that nothing is taken too early.
        let now = try await clock.read().earliest
        let found = try await scan(name, of: .task, operation, where: filter(now), by: time, limit: limit, TaskDocument.init)
        return try await transitionAll(operation, found, transition)
    }

    /// Applies a transition to each of these tasks, like the other `transitionAll`.
    func transitionAll(_ operation: MongoOperation, _ found: [TaskDocument], _ transition: TaskTransition) async throws -> [TaskRecord] {
        guard !found.isEmpty else { return [] }
        return try await changing(found.count) { _, ticks in
            let swaps = zip(found, ticks).compactMap { document, tick -> TaskSwap? in
                var record = document.record
                guard (try? machine.apply(transition, to: &record, at: tick.after(record))) != nil else { return nil }
                return TaskSwap(from: document, to: record)
            }
            return zip(swaps, try await swap(all: swaps, operation)).compactMap { swap, isDone in isDone ? swap.new.record : nil }
        }
    }

    func acknowledge(_ messages: [DispatchMessage]) async throws {
        guard !messages.isEmpty else { return }
        let ids = Set(messages.map(\.task.rawValue))
        let filter: BSONDocument = [
            Name.id: ["$in": .array(ids.map(BSONValue.string))], Name.status: .string(TaskStatus.pending.rawValue),
            Name.deletedAt: TaskDocument.notDeleted,
        ]
        // Most tasks have already been claimed, and their acknowledgement no longer matters.
        let found = try await find(.acknowledge, where: filter, limit: ids.count)
        guard !found.isEmpty else { return }
        let documents = Dictionary(found.map { ($0.record.id, $0) }, uniquingKeysWith: { first, _ in first })
        let now = try await clock.read().latest
        var records: [TaskID: TaskRecord] = [:]
        for message in messages {
            guard var record = records[message.task] ?? documents[message.task]?.record else { continue }
            guard (try? machine.apply(.acknowledgeDispatch(sequence: message.sequence), to: &record, at: now)) != nil else { continue }
            records[message.task] = record
        }
        let swaps = records.compactMap { id, record in documents[id].map { TaskSwap(from: $0, to: record) } }
        guard !swaps.isEmpty else { return }
        // If a concurrent writer has claimed, ended or republished the task, there is nothing to acknowledge.
        try await update(.acknowledge, try swaps.map { try $0.statement() })
    }

    /// Removes events from the outbox, regardless of concurrent changes of the tasks. A single statement handles all
    /// of them, because event ids are unique. The server computes the time of the first remaining event.
    func acknowledge(events: [TaskID: Set<String>]) async throws {
        guard !events.isEmpty else { return }
        let ids = BSONValue.array(events.keys.map { .string($0.rawValue) })
        let listed = BSONValue.array(events.values.flatMap { $0.map(BSONValue.string) })
        let isListed: BSONValue = ["$in": ["$$event.id", ["$literal": listed]]]
        let others: BSONValue = [
            "$filter": ["input": .string("$\(Name.outbox)"), "as": "event", "cond": ["$not": [isListed]]]
        ]
        let statement = BSONDocument.statementForAll(
            where: [Name.id: ["$in": ids], Name.outboxID: ["$in": listed]],
            [["$set": [Name.outbox: others, Name.version: .int(TaskDocument.drawVersion())]], Self.settingOutboxSince])
        try await update(.acknowledge, [statement])
    }

    /// Adds the time of the first event to tasks with events that lack it, because a process from before this field has written them.
    ///
    /// Not a change of the task, so its version stays: no writer reads this field.
    func completeOutboxes() async throws {
        let incomplete: BSONDocument = [Name.outboxAt: ["$gt": 0], Name.outboxSince: TaskDocument.absent]
        let found = try await rows(.unpublished, where: incomplete, limit: Self.completedAtOnce, fields: [Name.id])
        guard !found.isEmpty else { return }
        var filter = incomplete
        filter[Name.id] = ["$in": .array(found.compactMap { $0[Name.id] })]
        try await update(.unpublished, [.statementForAll(where: filter, [Self.settingOutboxSince])])
    }

    private static let completedAtOnce = 1000

    /// A stage of an update.
    private static let settingOutboxSince: BSONDocument = {
        let first: BSONValue = ["$arrayElemAt": [.string("$\(Name.outbox)"), 0]]
        let time: BSONValue = ["$let": ["vars": ["first": first], "in": "$$first.at"]]
        return ["$set": [Name.outboxSince: ["$ifNull": [time, "$$REMOVE"]]]]
    }()

    func renew(_ claim: Claim) async throws -> Renewal {
        for _ in 0..<Self.tries {
            let known = cache.document(of: claim)
            let version = TaskDocument.drawVersion()
            let until = try await clock.read().latest + machine.policy.leaseDuration
            let statement = BSONDocument.statement(
                where: heldBy(claim, known),
                ["$set": [Name.leaseUntil: .time(until), Name.nextStepAt: .time(until), Name.version: .int(version)]])
            if try await update(.renew, [statement]) == 1 {
                if var known {
                    known.record.lease?.until = until
                    known.version = version
                    cache.put(known)
                }
                return .extended
            }
            if known != nil {
                // The task has changed, so the cached state can no longer be used for a compare-and-set.
                cache.remove(claim.task)
                continue
            }
            guard var record = try await document(claim.task)?.record else { return .lost }
            do throws(TransitionError) {
                try machine.apply(.renew(claim), to: &record, at: until)
            } catch {
                return error == .cancelRequested ? .cancelRequested : .lost
            }
            // The state that was read is older than the one that the update has matched.
            try await Task.sleep(for: .milliseconds(5))
        }
        throw PixelFlowError.unavailable(MongoDatabase.backend, cause: ContentionError(task: claim.task))
    }

    /// Matches the rule of `TaskStateMachine.renew`, and the document as `known`, if set.
    private func heldBy(_ claim: Claim, _ known: TaskDocument?) -> BSONDocument {
        var filter: BSONDocument = [
            Name.id: .string(claim.task.rawValue), Name.epoch: .int(claim.epoch),
            Name.status: .string(TaskStatus.processing.rawValue), Name.cancelRequested: false, Name.deletedAt: TaskDocument.notDeleted,
        ]
        filter[Name.version] = (known?.version).map { .int($0) }
        return filter
    }
}

extension Timestamp {
    /// This time, or just after the latest change of `task`: clocks of replicas differ slightly, but a history never goes back.
    fileprivate func after(_ task: TaskRecord) -> Timestamp { max(self, task.updatedAt + .microseconds(1)) }
}

/// Concurrent changes have prevented all attempts.
struct ContentionError: Error {
    let task: TaskID
}
