/// Decides which of several queues is served next, in proportion to their weights: smooth weighted round robin.
///
/// A pure state machine. Only non-empty queues take part in a turn, so nothing waits for an empty one. Queues that are never empty
/// are served in proportion to their weights, evenly spread. A non-empty queue is served at least once in as many turns as the sum
/// of the weights, plus a few after others were empty for some time.
package struct WeightedTurns<Queue: Hashable & Sendable>: Sendable {
    private let weights: [(queue: Queue, weight: Int)]
    private var credit: [Queue: Int] = [:]

    /// - Parameter weights: among queues with equal claims, the first one is served. Weights are at least 1.
    package init(_ weights: [(queue: Queue, weight: Int)]) { self.weights = weights.map { ($0.queue, max(1, $0.weight)) } }

    /// The queue to serve among non-empty ones; nil if all are empty.
    package mutating func next(where hasSomething: (Queue) -> Bool) -> Queue? {
        var total = 0
        var best: Queue?
        for (queue, weight) in weights {
            guard hasSomething(queue) else {
                // An empty queue neither accumulates nor owes turns.
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
    /// The lanes with their weights.
    package static var lanes: WeightedTurns<Lane> { WeightedTurns(Lane.allCases.map { ($0, $0.weight) }) }
}
