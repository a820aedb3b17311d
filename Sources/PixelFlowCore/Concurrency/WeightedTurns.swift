/// Decides which of several queues is served next, in proportion to their weights: smooth weighted round robin.
///
/// A pure state machine. Only queues that have something take part in a turn, so nothing waits for an empty one. Of queues that
/// are never empty, each is served in proportion to its weight, spread evenly; one that has something is served at least
/// once in as many turns as the weights add up to, and a few more after others were empty for a while.
package struct WeightedTurns<Queue: Hashable & Sendable>: Sendable {
    private let weights: [(queue: Queue, weight: Int)]
    private var credit: [Queue: Int] = [:]

    /// - Parameter weights: the first of several queues with equal claims is served. Every weight is at least 1.
    package init(_ weights: [(queue: Queue, weight: Int)]) { self.weights = weights.map { ($0.queue, max(1, $0.weight)) } }

    /// The queue to serve, of those that have something; nil if none has.
    package mutating func next(where hasSomething: (Queue) -> Bool) -> Queue? {
        var total = 0
        var best: Queue?
        for (queue, weight) in weights {
            guard hasSomething(queue) else {
                // An empty queue neither saves up turns nor owes any.
                credit[queue] = nil
                continue
            }
            total += weight
            credit[queue, default: 0] += weight
            if let leader = best, credit[queue, default: 0] <= credit[leader, default: 0] { continue }
            best = queue
        }
        if let best { credit[best, default: 0] -= total }
        return best
    }
}

extension WeightedTurns where Queue == Lane {
    /// The lanes by their weights.
    package static var lanes: WeightedTurns<Lane> { WeightedTurns(Lane.allCases.map { ($0, $0.weight) }) }
}
