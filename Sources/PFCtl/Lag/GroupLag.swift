/// How far the workers' consumer group is behind, by what the workers tell of their own partitions.
struct GroupLag: Sendable {
    struct Partition: Sendable, Hashable {
        let topic: String
        let number: Int
        let lag: Int
        /// Nil where the workers do not tell.
        let committed: Int?
        let end: Int?
        /// The pod that has the partition.
        let member: String
    }

    private static let lagMetric = "kafka_consumer_lag"
    private static let committedMetric = "kafka_committed_offset"
    private static let endMetric = "kafka_end_offset"
    private static let finishedMetric = "tasks_finished_total"

    /// By topic and number.
    let partitions: [Partition]
    /// Tasks a second that the workers finish; nil where it was not measured.
    let rate: Double?

    var total: Int { partitions.reduce(0) { $0 + $1.lag } }
    var drain: DrainEstimate { DrainEstimate(lag: Double(total), rate: rate) }

    /// - Parameter earlier: What the same workers said before, to tell their rate by.
    init(_ pages: [MetricsScrape.Page], earlier: [MetricsScrape.Page] = []) {
        var found: [String: Partition] = [:]
        for page in pages.sorted(by: { $0.pod < $1.pod }) {
            for partition in Self.partitions(of: page) {
                // While a partition changes hands both workers may tell of it: the larger lag counts, as in the dashboards.
                let key = "\(partition.topic) \(partition.number)"
                if let other = found[key], other.lag >= partition.lag { continue }
                found[key] = partition
            }
        }
        partitions = found.values.sorted { ($0.topic, $0.number) < ($1.topic, $1.number) }
        rate = Self.rate(pages, earlier)
    }

    private static func partitions(of page: MetricsScrape.Page) -> [Partition] {
        page.metrics.samples(of: lagMetric).compactMap { sample in
            guard let topic = sample.labels["topic"], let number = sample.labels["partition"].flatMap({ Int($0) }) else { return nil }
            func offset(_ name: String) -> Int? {
                page.metrics.samples(of: name).first { $0.labels == sample.labels }.flatMap { Int(exactly: $0.value) }
            }
            return Partition(
                topic: topic, number: number, lag: Int(exactly: sample.value.rounded()) ?? 0, committed: offset(committedMetric),
                end: offset(endMetric), member: page.pod)
        }
    }

    /// A worker that started anew in between counts from nothing: it is left out.
    private static func rate(_ pages: [MetricsScrape.Page], _ earlier: [MetricsScrape.Page]) -> Double? {
        let before = Dictionary(earlier.map { ($0.pod, $0) }) { first, _ in first }
        let rates = pages.compactMap { page -> Double? in
            guard let old = before[page.pod] else { return nil }
            let count = page.metrics.sum(of: finishedMetric) - old.metrics.sum(of: finishedMetric)
            let seconds = (page.time - old.time) / .seconds(1)
            return count >= 0 && seconds > 0 ? count / seconds : nil
        }
        return rates.isEmpty ? nil : rates.reduce(0, +)
    }
}
