import Foundation
import Metrics
import PixelFlowTelemetry
import Synchronization
import WireFormats

/// The Kafka metrics of the process.
final class KafkaMetrics: Sendable {
    enum Direction: String {
        case published, consumed
    }
    enum Outcome: String {
        case ok, failed, undecodable
    }

    private struct MessageLabels: Hashable {
        var topic: String
        var direction: String
        var outcome: String
    }

    private struct PositionLabels: Hashable {
        var topic: String
        var partition: Int
    }

    private struct RoundTripLabels: Hashable {
        var client: String
        var percentile: String
    }

    private let factory: any MetricsFactory
    private let messages: LabelledMetrics<MessageLabels, Counter>
    private let roundTrips: LabelledMetrics<RoundTripLabels, Gauge>
    private let positions = Mutex<[PositionLabels: PositionGauges]>([:])
    private let publishing: Metrics.Timer
    private let queued: Gauge
    private let rebalances: (assigned: Counter, revoked: Counter)

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        messages = LabelledMetrics(overflow: MessageLabels(topic: "other", direction: "other", outcome: "other")) { labels in
            Counter(
                label: "kafka_messages_total",
                dimensions: [("topic", labels.topic), ("direction", labels.direction), ("outcome", labels.outcome)], factory: factory)
        }
        roundTrips = LabelledMetrics(overflow: RoundTripLabels(client: "other", percentile: "other")) { labels in
            Gauge(
                label: "kafka_broker_round_trip_seconds", dimensions: [("client", labels.client), ("percentile", labels.percentile)],
                factory: factory)
        }
        publishing = Metrics.Timer(label: "kafka_publish_duration_seconds", factory: factory)
        queued = Gauge(label: "kafka_producer_queue_messages", factory: factory)
        rebalances = (
            Counter(label: "kafka_rebalances_total", dimensions: [("event", "assigned")], factory: factory),
            Counter(label: "kafka_rebalances_total", dimensions: [("event", "revoked")], factory: factory)
        )
    }

    func count(_ direction: Direction, _ topic: String, _ outcome: Outcome, messages count: Int = 1) {
        messages[MessageLabels(topic: topic, direction: direction.rawValue, outcome: outcome.rawValue)].increment(by: count)
    }

    /// From `publish` to the last acknowledgement.
    func published(in duration: Duration) { publishing.recordNanoseconds(duration.nanoseconds) }

    func rebalanced(assigned: Bool) { (assigned ? rebalances.assigned : rebalances.revoked).increment() }

    /// Reports the positions of the topic's partitions assigned to this process, and stops reporting others.
    func positions(_ partitions: [KafkaGroupLag.Partition], topic: String) {
        positions.withLock { gauges in
            let mine = Set(partitions.map(\.partition))
            for (labels, gauge) in gauges where labels.topic == topic && !mine.contains(labels.partition) {
                gauge.destroy()
                gauges[labels] = nil
            }
            for partition in partitions {
                let labels = PositionLabels(topic: topic, partition: partition.partition)
                let gauge = gauges[labels] ?? PositionGauges(topic: topic, partition: partition.partition, factory: factory)
                gauges[labels] = gauge
                gauge.record(partition)
            }
        }
    }

    /// The gauges of one partition.
    private struct PositionGauges {
        private let lag: Gauge
        private let committed: Gauge
        private let end: Gauge

        init(topic: String, partition: Int, factory: any MetricsFactory) {
            let dimensions = [("topic", topic), ("partition", "\(partition)")]
            lag = Gauge(label: "kafka_consumer_lag", dimensions: dimensions, factory: factory)
            committed = Gauge(label: "kafka_committed_offset", dimensions: dimensions, factory: factory)
            end = Gauge(label: "kafka_end_offset", dimensions: dimensions, factory: factory)
        }

        /// A group that has never committed starts from the oldest message.
        func record(_ partition: KafkaGroupLag.Partition) {
            lag.record(partition.lag)
            committed.record(partition.committed ?? partition.start)
            end.record(partition.end)
        }

        func destroy() {
            lag.destroy()
            committed.destroy()
            end.destroy()
        }
    }

    // MARK: librdkafka's statistics

    /// The fields of librdkafka's statistics that are used; times are in microseconds.
    private struct Statistics: Decodable {
        struct Broker: Decodable {
            var rtt: RoundTrip?
        }
        struct RoundTrip: Decodable {
            var p50: Int64
            var p99: Int64
            var cnt: Int64
        }
        var msg_cnt: Int
        var brokers: [String: Broker]
    }

    /// Records the statistics of one client of this process.
    func record(statistics: String, of client: String) {
        guard let parsed = try? JSONDecoder().decode(Statistics.self, from: Data(statistics.utf8)) else { return }
        if client == "producer" { queued.record(parsed.msg_cnt) }
        let times = parsed.brokers.values.compactMap(\.rtt).filter { $0.cnt > 0 }
        for (percentile, time) in [("50", times.map(\.p50).max()), ("99", times.map(\.p99).max())] {
            guard let time else { continue }
            roundTrips[RoundTripLabels(client: client, percentile: percentile)].record(Double(time) / 1e6)
        }
    }
}
