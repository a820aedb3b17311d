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

    /// Nil if the topic has no partitions: the lag is then unknown, not 0.
    ///
    /// - Parameter target: tasks per worker. The value is capped at what makes the autoscaler want a worker for each partition,
    ///   since further workers would have no partition.
    init?(_ lag: KafkaGroupLag, target: Int, time: Timestamp) {
        guard !lag.partitions.isEmpty else { return nil }
        let ceiling = Self.ceiling(partitions: lag.partitions.count, target: target)
        self.init(value: min(lag.total, ceiling), time: time, isFull: lag.total >= ceiling)
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
