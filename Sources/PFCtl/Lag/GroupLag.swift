import KubernetesClient

/// The lag of the workers' consumer group on the topics of all lanes, computed from each worker's report about its partitions.
struct GroupLag: Sendable {
    /// The topic in the settings of the workers: that of the normal lane.
    struct Topic: Sendable, Hashable {
        private static let suffixes = [".high", "", ".low"]
        private static let nameSetting = "PIXELFLOW_KAFKA_TOPIC"
        private static let partitionsSetting = "PIXELFLOW_KAFKA_PARTITIONS"

        /// Nil if the workers' template does not contain the settings.
        let name: String?
        let partitions: Int?

        init(of worker: Workload) {
            let variables = worker.template?.spec?.containers?.first?.env ?? []
            func value(_ name: String) -> String? { variables.first { $0.name == name }?.value }
            name = value(Self.nameSetting)
            partitions = value(Self.partitionsSetting).flatMap { Int($0) }
        }

        /// The expected topics, given those reported by workers: if a worker from a release before lanes is running, only that of the
        /// normal lane.
        func all(reported: Set<String>) -> [String] {
            let lanes = Self.suffixes.map { (name ?? "") + $0 }
            if reported.isEmpty { return [name ?? ""] }
            if reported.isSubset(of: [name ?? ""]) || reported.isDisjoint(with: lanes) { return reported.sorted() }
            return lanes
        }
    }

    struct Partition: Sendable, Hashable {
        let topic: String
        let number: Int
        let lag: Int
        /// Nil if the workers do not report it.
        let committed: Int?
        let end: Int?
        /// The pod that holds the partition.
        let member: String
    }

    private static let lagMetric = "kafka_consumer_lag"
    private static let committedMetric = "kafka_committed_offset"
    private static let endMetric = "kafka_end_offset"
    private static let finishedMetric = "tasks_finished_total"

    /// Partitions reported by a worker, by topic and number.
    let partitions: [Partition]
    /// A partition that no worker has reported.
    struct Gap: Sendable, Hashable {
        let topic: String
        let number: Int
    }

    /// By topic and number.
    let unreported: [Gap]
    let topic: Topic
    /// Whether every worker has responded.
    let isFromAll: Bool
    /// The number of tasks per second that the workers finish; nil if it was not measured.
    let rate: Double?

    /// Whether the total includes all partitions.
    var isComplete: Bool { isFromAll && unreported.isEmpty }
    /// The sum over the reported partitions.
    var total: Int { partitions.reduce(0) { $0 + $1.lag } }
    /// The sums by topic, and so by lane.
    var byTopic: [String: Int] { Dictionary(partitions.map { ($0.topic, $0.lag) }, uniquingKeysWith: +) }
    /// The number of known partitions.
    var partitionCount: Int { partitions.count + unreported.count }
    var drain: DrainEstimate { DrainEstimate(lag: isComplete ? Double(total) : nil, rate: rate) }

    /// - Parameter earlier: Earlier metrics of the same workers, used to compute the rate.
    init(_ pages: [MetricsScrape.Page], earlier: [MetricsScrape.Page] = [], of topic: Topic, isFromAll: Bool) {
        var found: [String: Partition] = [:]
        for page in pages.sorted(by: { $0.pod < $1.pod }) {
            for partition in Self.partitions(of: page) {
                // During a rebalance, two workers may report the same partition: the larger lag counts, as in the dashboard.
                let key = "\(partition.topic) \(partition.number)"
                if let other = found[key], other.lag >= partition.lag { continue }
                found[key] = partition
            }
        }
        partitions = found.values.sorted { ($0.topic, $0.number) < ($1.topic, $1.number) }
        // Partitions are numbered from 0, so the highest reported number implies that all lower ones exist.
        let held = Set(partitions.map { Gap(topic: $0.topic, number: $0.number) })
        let count = max(topic.partitions ?? 0, (partitions.map(\.number).max() ?? -1) + 1)
        unreported = topic.all(reported: Set(partitions.map(\.topic))).flatMap { topic in
            (0..<count).map { Gap(topic: topic, number: $0) }.filter { !held.contains($0) }
        }
        self.topic = topic
        self.isFromAll = isFromAll
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

    /// Omits workers that restarted in between, because their counters restarted from zero.
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
