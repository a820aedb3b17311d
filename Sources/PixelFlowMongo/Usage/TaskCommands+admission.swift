import PixelFlowCore

/// Admits tasks within quotas.
extension TaskCommands {
    /// A task that would add to the usage of an organisation.
    struct Wish: Sendable {
        let task: TaskID
        let consumption: Consumption
    }

    private typealias Organisation = OrganisationDocument
    private typealias Reservation = OrganisationDocument.Reservation

    /// The maximum number of attempts at a reservation after conflicts with other replicas.
    private static let tries = 50

    func organisation(_ tenant: TenantID) async throws -> OrganisationDocument? {
        try one(
            try await rows(.usage, in: Organisation.collection, where: Organisation.filter(tenant), limit: 1), OrganisationDocument.init)
    }

    func quota(of tenant: TenantID) async throws -> Quota {
        if let known = quotas[tenant] { return known }
        let start = ContinuousClock.now
        let quota = try await organisation(tenant)?.quota ?? .unlimited
        quotas.put(quota, of: tenant, read: start)
        return quota
    }

    /// Runs `body`, which stores tasks, for as many of the tasks as the quota allows, in order.
    ///
    /// Without a quota, this admits all tasks and writes nothing.
    ///
    /// - Parameter body: receives the admitted tasks, and must store no others.
    /// - Returns: the result of `body`, and why the other tasks were rejected.
    func admitting<Value>(
        _ wishes: [Wish], of tenant: TenantID, _ body: (Set<TaskID>) async throws -> Value
    ) async throws -> (value: Value, refusals: [TaskID: PixelFlowError]) {
        guard try await quota(of: tenant).limitsTasks else { return (try await body(Set(wishes.map(\.task))), [:]) }
        let start = ContinuousClock.now
        let (admitted, refusals) = try await reserve(wishes, of: tenant)
        guard ContinuousClock.now - start < Reservation.use else {
            throw PixelFlowError.unavailable(MongoDatabase.backend, cause: LateReservationError())
        }
        // If this throws, its write may still be in progress, so the reservations stay until they expire.
        let value = try await body(admitted)
        do {
            try await release(admitted, of: tenant)
        } catch let error where PixelFlowError.isOutage(error) {
            // The tasks are stored. Until the reservations expire, all of them count as if they were still pending.
        }
        return (value, refusals)
    }

    /// Reserves what the quota allows. The usage is the sum of the stored tasks and of the reservations for tasks that are not
    /// stored yet. To count each task only once, the first sum omits tasks with a reservation.
    private func reserve(
        _ wishes: [Wish], of tenant: TenantID
    ) async throws -> (admitted: Set<TaskID>, refusals: [TaskID: PixelFlowError]) {
        for attempt in 0..<Self.tries {
            if attempt > 2 { try await Task.sleep(for: .milliseconds(attempt)) }
            let start = ContinuousClock.now
            // Read before the tasks: the task of a reservation that has been released by then is counted below.
            guard let organisation = try await organisation(tenant) else { return (Set(wishes.map(\.task)), [:]) }
            quotas.put(organisation.quota, of: tenant, read: start)
            let now = try await clock.read()
            let held = organisation.reserved.filter { $0.until > now.earliest }
            var used = try await consumption(of: tenant, quota: organisation.quota, without: held.map(\.task), at: now.likely)
            for reservation in held { used += reservation.wish }
            var refusals: [TaskID: PixelFlowError] = [:]
            var reservations: [Reservation] = []
            for wish in wishes where !held.contains(where: { $0.task == wish.task }) {
                do throws(PixelFlowError) {
                    try organisation.quota.admit(wish.consumption, beside: used, at: now.likely)
                    used += wish.consumption
                    reservations.append(
                        Reservation(task: wish.task, wish: wish.consumption, until: now.latest + Reservation.lifetime))
                } catch {
                    refusals[wish.task] = error
                }
            }
            let admitted = Set(wishes.map(\.task)).subtracting(refusals.keys)
            guard !reservations.isEmpty else { return (admitted, refusals) }
            if try await write(held + reservations, to: organisation) { return (admitted, refusals) }
        }
        throw PixelFlowError.busy(MongoDatabase.backend, cause: ContentionError(task: wishes[0].task))
    }

    /// - Returns: whether the document was unchanged since it was read. If the response was lost, the result is false, and the next
    ///   attempt finds its reservations.
    private func write(_ reservations: [OrganisationDocument.Reservation], to organisation: OrganisationDocument) async throws -> Bool {
        var filter = Organisation.filter(organisation.tenant)
        filter[Organisation.Name.version] = .int(organisation.version)
        let change: BSONDocument = [
            "$set": [
                Organisation.Name.version: .int(TaskDocument.drawVersion()),
                Organisation.Name.reserved: .array(reservations.map(Organisation.value)),
            ]
        ]
        return try await update(.usage, in: Organisation.collection, [.statement(where: filter, change)]) == 1
    }

    /// Releases reservations of tasks that are stored or will never be.
    private func release(_ tasks: Set<TaskID>, of tenant: TenantID) async throws {
        guard !tasks.isEmpty else { return }
        let ids = BSONValue.array(tasks.map { .string($0.rawValue) })
        // Also change the version, so that a replica that has read the reservations cannot write them back.
        let change: BSONDocument = [
            "$pull": [Organisation.Name.reserved: ["task": ["$in": ids]]],
            "$set": [Organisation.Name.version: .int(TaskDocument.drawVersion())],
        ]
        try await update(.usage, in: Organisation.collection, [.statement(where: Organisation.filter(tenant), change)])
    }
}

/// A reservation took so long that it may no longer count.
private struct LateReservationError: Error {}
