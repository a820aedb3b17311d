import Synchronization

/// Metrics with the same name and different labels, each created on first use and then cached.
///
/// Every set of labels is a series that exists as long as the process, so their number is bounded: beyond `limit`, all further sets
/// share the metric of `overflow`.
package final class LabelledMetrics<Labels: Hashable & Sendable, Metric: Sendable>: Sendable {
    private let limit: Int
    private let overflow: Labels?
    private let make: @Sendable (Labels) -> Metric
    private let made = Mutex<[Labels: Metric]>([:])

    /// - Parameters:
    ///   - limit: the maximum number of label sets with their own metric.
    ///   - overflow: the labels that represent all others.
    ///   - make: called once for each set of labels.
    package init(limit: Int = 256, overflow: Labels, _ make: @escaping @Sendable (Labels) -> Metric) {
        self.limit = limit
        self.overflow = overflow
        self.make = make
    }

    /// For labels whose type bounds their number.
    package init(_ make: @escaping @Sendable (Labels) -> Metric) where Labels: CaseIterable {
        limit = .max
        overflow = nil
        self.make = make
    }

    package subscript(labels: Labels) -> Metric {
        made.withLock { made in
            if let metric = made[labels] { return metric }
            let isRoom = made.count < limit
            let labels = isRoom ? labels : overflow ?? labels
            if !isRoom, let metric = made[labels] { return metric }
            let metric = make(labels)
            made[labels] = metric
            return metric
        }
    }
}
