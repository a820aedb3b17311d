import KubernetesClient
import PixelFlowKafka

/// The value reported to the autoscaler, and its time.
struct LagSample: Sendable, Hashable {
    let value: Int64
    let time: Timestamp

    init(value: Int64, time: Timestamp) {
        self.value = value
        self.time = time
    }

    /// Nil if the topic has no partitions: the lag is then unknown, not 0.
    ///
    /// - Parameter target: tasks per worker. The value is capped at what keeps a worker on each partition busy,
    ///   since further workers would have no partition.
    init?(_ lag: KafkaGroupLag, target: Int, time: Timestamp) {
        guard !lag.partitions.isEmpty else { return nil }
        self.init(value: min(lag.total, Int64(lag.partitions.count) * Int64(target)), time: time)
    }
}
