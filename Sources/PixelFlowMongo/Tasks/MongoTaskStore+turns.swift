package import PixelFlowCore
import WireFormats

/// Held tasks, and the tasks in progress that compete with them.
extension MongoTaskStore {
    private typealias Name = TaskDocument.Name

    package func occupancy() async throws -> Occupancy {
        let now = try await tasks.clock.read().likely
        // The index contains only tasks that dispatchers have sent, and tasks that wait for a retry.
        async let sent = tasks.aggregate(
            .turns,
            [
                ["$match": [Name.sentLane: TaskDocument.anyLane, Name.nextRunAt: ["$lte": .time(now)]]],
                ["$group": ["_id": ["lane": .string("$\(Name.sentLane)"), "tenant": "$tenant"], "count": ["$sum": 1]]],
            ])
        // There are at most as many as slots.
        async let running = tasks.aggregate(
            .turns,
            [
                ["$match": [Name.nextStepKind: .string(TaskDocument.NextStep.expire.rawValue)]],
                [
                    "$group": [
                        "_id": [
                            "lane": .string("$\(Name.lane)"), "tenant": "$tenant", "worker": .string("$\(Name.leaseWorker)"),
                        ],
                        "count": ["$sum": 1],
                    ]
                ],
            ])
        var occupancy = Occupancy()
        for row in try await sent {
            guard let (queue, count) = Self.share(row) else { continue }
            occupancy.shares[queue, default: .init()].sent += count
        }
        var workers: Set<String> = []
        for row in try await running {
            guard let (queue, count) = Self.share(row) else { continue }
            occupancy.shares[queue, default: .init()].running += count
            if let worker = row["_id"]?.document?["worker"]?.string { workers.insert(worker) }
        }
        occupancy.workers = workers.count
        return occupancy
    }

    private static func share(_ row: BSONDocument) -> (HeldQueue, Int)? {
        guard let key = row["_id"]?.document, let tenant = key["tenant"]?.string, let count = row["count"]?.int else { return nil }
        let lane = key["lane"]?.int.flatMap(Lane.init(rank:)) ?? key["lane"]?.string.flatMap(Lane.init(rawValue:))
        return (HeldQueue(lane: lane ?? .normal, tenant: TenantID(tenant)), count)
    }

    package func heldQueues(limit: Int) async throws -> Set<HeldQueue> {
        var queues: Set<HeldQueue> = []
        for lane in Lane.allCases {
            // In an index that begins with the lane and the tenant, the server reads one entry per tenant.
            for tenant in try await tasks.distinct(.turns, Name.tenant, where: [Name.heldLane: .int(lane.rank)]) {
                queues.insert(HeldQueue(lane: lane, tenant: TenantID(tenant)))
            }
        }
        return queues.count > limit ? Set(queues.shuffled().prefix(limit)) : queues
    }

    package func takeHeld(_ allotments: [HeldQueue: Int]) async throws -> [TaskRecord] {
        let now = try await tasks.clock.read().earliest
        var found: [TaskDocument] = []
        for (queue, count) in allotments where count > 0 {
            found += try await tasks.scan(
                "turns \(queue.lane) \(queue.tenant)", of: .task, .turns,
                where: [
                    Name.heldLane: .int(queue.lane.rank), Name.tenant: .string(queue.tenant.rawValue),
                    Name.nextRunAt: ["$lte": .time(now)],
                ], by: Name.nextRunAt, limit: count, TaskDocument.init)
        }
        return try await tasks.transitionAll(.turns, found, .takeTurn)
    }

    package func hold(_ records: [TaskRecord]) async throws {
        guard !records.isEmpty else { return }
        let ids = BSONValue.array(records.map { .string($0.id.rawValue) })
        let filter: BSONDocument = [Name.id: ["$in": ids], Name.status: .string(TaskStatus.pending.rawValue)]
        _ = try await tasks.transitionAll(.turns, try await tasks.find(.turns, where: filter, limit: records.count), .hold)
    }
}
