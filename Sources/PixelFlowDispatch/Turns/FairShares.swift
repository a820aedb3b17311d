import PixelFlowCore

/// Decides whose held tasks are sent: a pure function of what is under way.
///
/// The next task is always of the organisation that has the least under way for its weight, sent and running tasks alike. So
/// organisations with held tasks come to have as much under way as their weights say, whatever they began with; one that is
/// alone gets everything; and one that wants less than its share gets all that it wants.
enum FairShares {
    /// How many held tasks of each organisation of one lane to send.
    ///
    /// - Parameters:
    ///   - room: tasks that may be sent.
    ///   - held: organisations with held tasks.
    ///   - underWay: sent and running tasks of each.
    ///   - weight: of an organisation, at least 1.
    static func allot(
        _ room: Int, among held: [TenantID], underWay: (TenantID) -> Int, weight: (TenantID) -> Int
    ) -> [TenantID: Int] {
        guard room > 0, !held.isEmpty else { return [:] }
        // Shuffled, so that of many organisations with the same claim, none is always the last.
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
    ///   - capacity: what may be under way in the lane.
    ///   - weight: of the organisation.
    ///   - weights: of all organisations that have something under way, this one included.
    static func mayPass(underWay: Int, capacity: Int, weight: Int, weights: Int) -> Bool {
        underWay < max(1, capacity * weight / max(1, weights))
    }

    private struct Entry {
        let tenant: TenantID
        var count: Int
        let weight: Int

        /// The lower, the sooner.
        var claim: Double { Double(count + 1) / Double(weight) }
    }
}
