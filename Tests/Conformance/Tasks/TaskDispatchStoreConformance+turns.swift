import PixelFlowCore

extension TaskDispatchStoreConformance {
    static let turns: [Case] = [
        Case("turns: a held task is not due, and keeps its lane") { try await $0.heldIsNotDue() },
        Case("turns: held tasks are found by organisation and lane") { try await $0.heldQueuesAreFound() },
        Case("turns: the tasks that have been ready longest are taken, up to the allotment") { try await $0.allottedAreTaken() },
        Case("turns: of 10 dispatchers one gets each held task") { try await $0.oneGetsEachTurn() },
        Case("turns: a dispatched task can be held, a claimed one cannot") { try await $0.holding() },
        Case("turns: tasks in progress are counted by organisation and lane") { try await $0.occupancyIsCounted() },
        Case("turns: an acknowledgement from before a hold changes nothing") { try await $0.lateAcknowledgementOfAHeldTask() },
    ]

    func heldIsNotDue() async throws {
        let task = try await add(lane: .low, isHeld: true)
        pass(policy.publishTimeout)
        try await requireUnchanged(task, "waiting")
        try requireEqual(try await stored(task).lane, .low, "lane")
        try require(try await stored(task).dispatch.isHeld, "not held")
        let sent = try await add()
        pass(policy.publishTimeout)
        // When the later one is due, the held one would have been due too.
        let due = try await soon("dispatch message") {
            let due = try await dispatcher.takeDue(limit: 10)
            return due.isEmpty ? nil : due.map(\.id)
        }
        try requireEqual(due, [sent.id], "due")
    }

    func heldQueuesAreFound() async throws {
        for tenant in [Self.tenant, Self.stranger] { try await add(of: tenant) }
        try await add(of: Self.tenant, isHeld: true)
        try await add(of: Self.tenant, lane: .low, isHeld: true)
        try await add(of: Self.stranger, lane: .low, isHeld: true)
        try await add(of: Self.stranger, lane: .low, isHeld: true)
        let expected: Set<HeldQueue> = [
            HeldQueue(lane: .normal, tenant: Self.tenant), HeldQueue(lane: .low, tenant: Self.tenant),
            HeldQueue(lane: .low, tenant: Self.stranger),
        ]
        try requireEqual(try await dispatcher.heldQueues(limit: 10), expected, "held queues")
        let some = try await dispatcher.heldQueues(limit: 2)
        try require(some.count == 2 && some.isSubset(of: expected), "with a limit: \(some)")
    }

    func allottedAreTaken() async throws {
        var held: [TaskRecord] = []
        for _ in 0..<4 {
            held.append(try await add(isHeld: true))
            pass(.milliseconds(1))
        }
        let strange = try await add(of: Self.stranger, isHeld: true)
        let queue = HeldQueue(lane: .normal, tenant: Self.tenant)
        let taken = try await soon("turns") {
            let taken = try await dispatcher.takeHeld([queue: 2, HeldQueue(lane: .low, tenant: Self.stranger): 5])
            return taken.isEmpty ? nil : taken
        }
        try requireEqual(taken.map(\.id).sorted { $0 < $1 }, held.prefix(2).map(\.id), "taken")
        for (task, before) in zip(taken.sorted { $0.id < $1.id }, held) {
            try require(!task.dispatch.isHeld, "still held")
            try require(task.dispatch.sequence > before.dispatch.sequence, "the sequence did not grow")
            try requireEqual(try await stored(task), task, "task")
        }
        try require(try await stored(strange).dispatch.isHeld, "another queue was served")
        let rest = try await soon("the rest") {
            let rest = try await dispatcher.takeHeld([queue: 10])
            return rest.isEmpty ? nil : rest
        }
        try requireEqual(Set(rest.map(\.id)), Set(held.suffix(2).map(\.id)), "the rest")
        // Once sent, they become due again unless they are acknowledged.
        pass(policy.publishTimeout)
        let due = try await soon("dispatch messages") {
            let due = try await dispatcher.takeDue(limit: 10)
            return due.isEmpty ? nil : due
        }
        try require(due.allSatisfy { task in held.contains { $0.id == task.id } }, "due: \(due.map(\.id))")
    }

    func oneGetsEachTurn() async throws {
        for _ in 0..<20 { try await add(isHeld: true) }
        pass(.milliseconds(1))
        let queue = HeldQueue(lane: .normal, tenant: Self.tenant)
        let taken = try await racing(10) { _ in try await dispatcher.takeHeld([queue: 20]) }.joined().map(\.id)
        try requireEqual(Set(taken).count, taken.count, "one task was given to two dispatchers")
        var all = Set(taken)
        _ = try await soon("every task") {
            all.formUnion(try await dispatcher.takeHeld([queue: 20]).map(\.id))
            return all.count == 20 ? true : nil
        }
    }

    func holding() async throws {
        let sent = try await add()
        let claimed = try await addClaimed()
        let ended = try await add(.completed)
        try await dispatcher.hold([sent, claimed, ended])
        try await requireUnchanged(claimed, "holding")
        try await requireUnchanged(ended, "holding")
        let held = try await stored(sent)
        try require(held.dispatch.isHeld, "not held")
        try await dispatcher.hold([held])
        try await requireUnchanged(held, "holding again")
        try requireEqual(try await dispatcher.heldQueues(limit: 10), [HeldQueue(lane: .normal, tenant: Self.tenant)], "held queues")
        // A cancelled task is no longer held.
        _ = try await owner.cancel(held.id, of: Self.tenant)
        try requireEqual(try await dispatcher.heldQueues(limit: 10), [], "held queues")
        try await dispatcher.hold([])
    }

    func occupancyIsCounted() async throws {
        try requireEqual(try await dispatcher.occupancy(), Occupancy(), "with no tasks")
        for _ in 0..<3 { try await add() }
        try await add(isHeld: true)
        try await add(of: Self.stranger, lane: .high)
        _ = try await claim(try await add(lane: .low))
        _ = try await claim(try await add(isHeld: true))
        for status in [TaskStatus.completed, .failed, .cancelled] { _ = try await add(status) }
        // Waits for its retry.
        _ = try await worker.fail(try await addClaimed().claim, with: failure(.transient))
        let expected = Occupancy(
            shares: [
                HeldQueue(lane: .normal, tenant: Self.tenant): .init(sent: 3, running: 1),
                HeldQueue(lane: .high, tenant: Self.stranger): .init(sent: 1),
                HeldQueue(lane: .low, tenant: Self.tenant): .init(running: 1),
            ], workers: 1)
        pass(.milliseconds(1))
        if clock != nil {
            try requireEqual(try await dispatcher.occupancy(), expected, "occupancy")
        } else {
            // By the server's clock, a task may become ready slightly after it was added, and its retry due before that.
            _ = try await soon("the tasks to be ready") {
                let sent = try await dispatcher.occupancy().shares[HeldQueue(lane: .normal, tenant: Self.tenant)]?.sent ?? 0
                return sent >= 3 ? true : nil
            }
            let found = try await dispatcher.occupancy()
            try requireEqual(found.workers, 1, "workers")
            try requireEqual(found.shares.mapValues(\.running).filter { $0.value > 0 }.count, 2, "queues with running tasks")
            try requireEqual(found.shares[HeldQueue(lane: .high, tenant: Self.stranger)]?.sent, 1, "sent of the other")
        }
    }

    func lateAcknowledgementOfAHeldTask() async throws {
        let sent = try await add()
        try await dispatcher.hold([sent])
        let held = try await stored(sent)
        try await dispatcher.acknowledge([DispatchMessage(sent)])
        try await requireUnchanged(held, "a late acknowledgement")
    }
}
