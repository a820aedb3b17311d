import KubernetesClient
import PixelFlowKafka

/// The value reported to the autoscaler, and its time.
struct LagSample: Sendable, Hashable {
    let value: Int64
    let time: Timestamp
    /// Whether the value is capped, so that a longer lag would be the same.
    let isFull: Bool

    init(value: Int64, time: Timestamp, isFull: Bool = false) {
        self.value = value
        self.time = time
        self.isFull = isFull
    }

    /// The lag of all lanes together. Nil if no topic has partitions: the lag is then unknown, not 0.
    ///
    /// - Parameter target: tasks per worker. The value is capped at what makes the autoscaler want a worker for each partition of a
    ///   topic, since further workers would have no partition.
    init?(_ lags: [KafkaGroupLag], target: Int, time: Timestamp) {
        let partitions = lags.map(\.partitions.count).max() ?? 0
        guard partitions > 0 else { return nil }
        let total = lags.reduce(0) { $0 + $1.total }
        let ceiling = Self.ceiling(partitions: partitions, target: target)
        self.init(value: min(total, ceiling), time: time, isFull: total >= ceiling)
    }

    /// The least lag with which the autoscaler goes on until there is a worker for each partition.
    ///
    /// `target` tasks for each of them would not do. The autoscaler changes nothing while the lag is within 10 % of what its
    /// workers are to have, so the step from `partitions - 1` workers to the last one is taken only above that.
    static func ceiling(partitions: Int, target: Int) -> Int64 {
        let (partitions, target) = (Int64(partitions), Int64(target))
        return max(partitions * target, 11 * target * (partitions - 1) / 10 + 1)
    }
}
