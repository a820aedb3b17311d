import Synchronization

/// Metrics with the same name and different labels, each created on first use and then cached.
package final class LabelledMetrics<Labels: Hashable & Sendable, Metric: Sendable>: Sendable {
    private let make: @Sendable (Labels) -> Metric
    private let made = Mutex<[Labels: Metric]>([:])

    /// - Parameter make: called once for each set of labels, of which there must be few.
    package init(_ make: @escaping @Sendable (Labels) -> Metric) { self.make = make }

    package subscript(labels: Labels) -> Metric {
        made.withLock { made in
            if let metric = made[labels] { return metric }
            let metric = make(labels)
            made[labels] = metric
            return metric
        }
    }
}
