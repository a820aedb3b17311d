import PixelFlowCore

/// What is admitted within quotas.
extension TaskCommands {
    /// A task to be added to what an organisation uses.
    struct Wish: Sendable {
        let task: TaskID
        let consumption: Consumption
    }

    private typealias Organisation = OrganisationDocument
    private typealias Reservation = OrganisationDocument.Reservation

    /// How often a reservation is tried again because another replica was faster.
    private static let tries = 50

    func organisation(_ tenant: TenantID) async throws -> OrganisationDocument? {
        try await rows(.usage, in: Organisation.collection, where: Organisation.filter(tenant), limit: 1).first
            .map(OrganisationDocument.init)
    }

    func quota(of tenant: TenantID) async throws -> Quota {
        if let known = quotas[tenant] { return known }
        let start = ContinuousClock.now
        let quota = try await organisation(tenant)?.quota ?? .unlimited
        quotas.put(quota, of: tenant, read: start)
        return quota
    }

    /// Runs `body`, which stores the tasks, with as many of them as the quota has room for, in their order.
    ///
    /// Without a quota, that is all of them, and nothing is written.
    ///
    /// - Parameter body: is given the tasks that are admitted, and stores no others.
    /// - Returns: what `body` has returned, and why the other tasks were refused.
    func admitting<Value>(
        _ wishes: [Wish], of tenant: TenantID, _ body: (Set<TaskID>) async throws -> Value
    ) async throws -> (value: Value, refusals: [TaskID: PixelFlowError]) {
        guard try await quota(of: tenant).limitsTasks else { return (try await body(Set(wishes.map(\.task))), [:]) }
        let start = ContinuousClock.now
        let (admitted, refusals) = try await reserve(wishes, of: tenant)
        guard ContinuousClock.now - start < Reservation.use else {
            throw PixelFlowError.unavailable(MongoDatabase.backend, cause: LateReservationError())
        }
        // If it throws, its write may be on its way still: the reservations stay until they have run out.
        let value = try await body(admitted)
        do {
            try await release(admitted, of: tenant)
        } catch let error where PixelFlowError.isOutage(error) {
            // The tasks are stored. Until the reservations have run out, they count as if all of them were in flight.
        }
        return (value, refusals)
    }

    /// Reserves what there is room for: what is used follows from the tasks, and from the reservations of those that are not
    /// stored yet. No task is counted twice, since those with a reservation are left out of the first sum.
    private func reserve(
        _ wishes: [Wish], of tenant: TenantID
    ) async throws -> (admitted: Set<TaskID>, refusals: [TaskID: PixelFlowError]) {
        for attempt in 0..<Self.tries {
            if attempt > 2 { try await Task.sleep(for: .milliseconds(attempt)) }
            let start = ContinuousClock.now
            // Read before the tasks: a reservation that has been given up by then stands for a task that is counted below.
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

    /// - Returns: whether the document was still as it had been read. A write whose answer was lost counts as overtaken; the next
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

    /// Gives reservations up whose tasks are stored, or will never be.
    private func release(_ tasks: Set<TaskID>, of tenant: TenantID) async throws {
        guard !tasks.isEmpty else { return }
        let ids = BSONValue.array(tasks.map { .string($0.rawValue) })
        // The version changes as well: a replica that has read the reservations must not write them back.
        let change: BSONDocument = [
            "$pull": [Organisation.Name.reserved: ["task": ["$in": ids]]],
            "$set": [Organisation.Name.version: .int(TaskDocument.drawVersion())],
        ]
        try await update(.usage, in: Organisation.collection, [.statement(where: Organisation.filter(tenant), change)])
    }
}

/// A reservation that took so long that others may have stopped counting it.
private struct LateReservationError: Error {}
