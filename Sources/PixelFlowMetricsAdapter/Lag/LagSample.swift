import KubernetesClient
import PixelFlowCore
import PixelFlowKafka

/// The value reported to the autoscaler for some lanes, and its time.
struct LagSample: Sendable, Hashable {
    /// The lag of each lane that has a topic. The autoscaler adds them up.
    let values: [Lane: Int64]
    let time: KubernetesClient.Timestamp
    /// Whether the sum is capped, so that a larger lag would give the same value.
    let isFull: Bool

    var value: Int64 { values.values.reduce(0, +) }

    /// The lag of the lanes. Nil if no topic has partitions: the lag is then unknown, not 0.
    ///
    /// - Parameter target: tasks per worker. The sum is capped at the value with which the autoscaler runs one worker per partition of
    ///   a topic, because further workers would have no partition. The cap reduces the values of lower lanes first.
    init?(_ lags: [Lane: KafkaGroupLag], target: Int, time: KubernetesClient.Timestamp) {
        let partitions = lags.values.map(\.partitions.count).max() ?? 0
        guard partitions > 0 else { return nil }
        let ceiling = Self.ceiling(partitions: partitions, target: target)
        var (values, room): ([Lane: Int64], Int64) = ([:], ceiling)
        for (lane, lag) in lags.sorted(by: { $0.key < $1.key }) {
            values[lane] = min(lag.total, room)
            room -= min(lag.total, room)
        }
        self.values = values
        self.time = time
        isFull = room == 0
    }

    /// The lowest lag with which the autoscaler scales up until there is one worker per partition.
    ///
    /// `target` tasks for each of them would be too few: the autoscaler changes nothing while the lag is within 10% of the
    /// desired value for the current workers, so the step from `partitions - 1` workers to the last one requires more.
    static func ceiling(partitions: Int, target: Int) -> Int64 {
        let (partitions, target) = (Int64(partitions), Int64(target))
        return max(partitions * target, 11 * target * (partitions - 1) / 10 + 1)
    }
}
