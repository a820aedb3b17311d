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

    /// The lag of all lanes together. Nil if no topic has partitions: the lag is then unknown, not 0.
    ///
    /// - Parameter target: tasks per worker. The value is capped at what keeps a worker on each partition of a topic busy,
    ///   since further workers would have no partition.
    init?(_ lags: [KafkaGroupLag], target: Int, time: Timestamp) {
        let partitions = lags.map(\.partitions.count).max() ?? 0
        guard partitions > 0 else { return nil }
        self.init(value: min(lags.reduce(0) { $0 + $1.total }, Int64(partitions) * Int64(target)), time: time)
    }
}
