import PixelFlowCore

/// Decides which held tasks are sent: a pure function of the tasks in progress.
///
/// The next task always comes from the organisation with the fewest sent and running tasks relative to its weight. As a result, the
/// tasks in progress converge to the weights of organisations with held tasks, regardless of the initial state; a single
/// organisation gets all capacity; and one that needs less than its share gets all that it needs.
enum FairShares {
    /// How many held tasks of each organisation to send, for one lane.
    ///
    /// - Parameters:
    ///   - room: the number of tasks that may be sent.
    ///   - held: organisations with held tasks.
    ///   - underWay: sent and running tasks of each organisation.
    ///   - weight: of an organisation, at least 1.
    static func allot(
        _ room: Int, among held: [TenantID], underWay: (TenantID) -> Int, weight: (TenantID) -> Int
    ) -> [TenantID: Int] {
        guard room > 0, !held.isEmpty else { return [:] }
        // Shuffled, so that among many organisations with equal claims, none is always last.
        var entries = held.shuffled().map { Entry(tenant: $0, count: underWay($0), weight: max(1, weight($0))) }
        var allotments: [TenantID: Int] = [:]
        for _ in 0..<room {
            guard let index = entries.indices.min(by: { entries[$0].claim < entries[$1].claim }) else { break }
            entries[index].count += 1
            allotments[entries[index].tenant, default: 0] += 1
        }
        return allotments
    }

    /// Whether an organisation may send a task without waiting for a round.
    ///
    /// - Parameters:
    ///   - underWay: sent and running tasks of the organisation.
    ///   - capacity: how many tasks of the lane may be in progress.
    ///   - weight: of the organisation.
    ///   - weights: the sum for all organisations with tasks in progress, including this one.
    static func mayPass(underWay: Int, capacity: Int, weight: Int, weights: Int) -> Bool {
        underWay < max(1, capacity * weight / max(1, weights))
    }

    private struct Entry {
        let tenant: TenantID
        var count: Int
        let weight: Int

        /// The organisation with the lowest value is next.
        var claim: Double { Double(count + 1) / Double(weight) }
    }
}
