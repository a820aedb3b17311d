import KubernetesClient
import PixelFlowKafka

/// What the autoscaler is told, and of when it is.
struct LagSample: Sendable, Hashable {
    let value: Int64
    let time: Timestamp

    init(value: Int64, time: Timestamp) {
        self.value = value
        self.time = time
    }

    /// Nil if the topic shows no partitions: that is not a lag of 0, it is not known.
    ///
    /// - Parameter target: tasks for each worker. No more is told than keeps a worker on each partition busy,
    ///   since more workers would find nothing to read.
    init?(_ lag: KafkaGroupLag, target: Int, time: Timestamp) {
        guard !lag.partitions.isEmpty else { return nil }
        self.init(value: min(lag.total, Int64(lag.partitions.count) * Int64(target)), time: time)
    }
}
