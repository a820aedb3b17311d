package import PixelFlowCore
import WireFormats

extension KafkaTaskBroker: DiagnosableBackend {
    package var kind: String { "Kafka" }

    package func diagnose() async throws -> [BackendFinding] {
        try await client.check()
        let latency = try await BackendFinding.latency { try await client.check() }
        let settings = client.settings
        let topics = try await client.topicStates()
        let configuration = try await client.topicSettings()
        let group = try await client.admin.lagOfLanes()
        let judge = TopicJudge(topics: topics.states, settings: configuration)
        return [
            latency, judge.replication(brokers: topics.brokers), judge.minimumInSync, judge.retention, judge.compaction,
            judge.partitions(of: Lane.allCases.map { settings.topic(of: $0) }, wanted: settings.partitions), Self.readers(group),
            .encryption(
                settings.address.security["security.protocol"]?.lowercased().hasSuffix("ssl") ?? false,
                hint: "give PIXELFLOW_BROKER_URL security_protocol=ssl or sasl_ssl"),
        ]
    }

    private static func readers(_ lags: [Lane: KafkaGroupLag]) -> BackendFinding {
        let (name, title) = ("group", "workers read every partition")
        let partitions = lags.values.flatMap(\.partitions)
        let states = Set(lags.values.compactMap(\.state))
        guard !states.isEmpty else { return .skipped(name, title, "the cluster does not report its groups") }
        let held = partitions.count { $0.member != nil }
        let reason = "\(held) of \(partitions.count) partitions held, \(lags.values.reduce(0) { $0 + $1.total }) messages behind"
        guard held < partitions.count else { return .ok(name, title, reason) }
        return .warning(name, title, reason, hint: "is a worker ready? a rebalance takes seconds; pfctl lag shows the partitions")
    }
}

extension KafkaClient {
    /// All topics of PixelFlow, and the number of brokers in the cluster.
    fileprivate func topicStates() async throws -> (states: [TopicState], brokers: Int) {
        try await administer { handle, settings in
            var (states, brokers): ([TopicState], Int) = ([], 0)
            for topic in settings.everyTopic {
                let found = try handle.describe(topic: topic, within: settings.adminTimeout)
                states.append(found.state)
                brokers = found.brokers
            }
            return (states, brokers)
        }
    }

    /// Nil if the cluster does not report it.
    fileprivate func topicSettings() async throws -> [String: [String: String]]? {
        do {
            return try await administer { handle, settings in
                try handle.settings(ofTopics: settings.everyTopic, within: settings.adminTimeout)
            }
        } catch let error as PixelFlowError {
            guard (error.cause as? KafkaError)?.isRefusal == true else { throw error }
            return nil
        }
    }
}

extension KafkaSettings {
    fileprivate var everyTopic: [String] { Lane.allCases.map { topic(of: $0) } + [deadLetterTopic, eventsTopic] }
}

/// Judges the states and settings of topics.
struct TopicJudge: Sendable {
    /// Messages may wait for hours during an outage; the dispatcher republishes after 15 minutes, then at growing intervals.
    private static let shortestRetention = Duration.seconds(3_600)

    let topics: [TopicState]
    /// By topic and setting; nil if the cluster does not report them.
    let settings: [String: [String: String]]?

    func replication(brokers: Int) -> BackendFinding {
        let (name, title) = ("replication", "topics survive the loss of a broker")
        let behind = topics.filter { $0.inSync < $0.replicas }.map(\.name)
        let fewest = topics.map(\.replicas).min() ?? 0
        let reason = "\(brokers.counted("broker")), replication factor \(fewest)"
        if !behind.isEmpty {
            return .warning(
                name, title, "replicas are behind of \(behind.joined(separator: ", "))", hint: "is a broker down, or short of disk?")
        }
        guard fewest < 2 else { return .ok(name, title, reason) }
        return .warning(
            name, title, reason,
            hint:
                "a lost broker takes messages along: tasks wait until they are sent again; use a factor of 3 (PIXELFLOW_KAFKA_REPLICATION)")
    }

    var minimumInSync: BackendFinding {
        let (name, title) = ("min-insync", "an acknowledged message is on more than one broker")
        guard let minima = values("min.insync.replicas") else { return .skipped(name, title, "the cluster does not report it") }
        let impossible = topics.filter { minima[$0.name] ?? 1 > $0.replicas }.map(\.name)
        if !impossible.isEmpty {
            return .failed(
                name, title, "min.insync.replicas is above the replication factor of \(impossible.joined(separator: ", "))",
                hint: "no message can be published; lower it, or add replicas")
        }
        let least = topics.map { minima[$0.name] ?? 1 }.min() ?? 1
        let fewest = topics.map(\.replicas).min() ?? 0
        let reason = "min.insync.replicas is \(least)"
        guard least < 2, fewest > 2 else { return .ok(name, title, reason) }
        return .warning(name, title, "\(reason) with \(fewest) replicas", hint: "set min.insync.replicas=2 on the topics")
    }

    var retention: BackendFinding {
        let (name, title) = ("retention", "messages are kept for longer than an outage lasts")
        guard let times = values("retention.ms") else { return .skipped(name, title, "the cluster does not report it") }
        let kept = times.values.filter { $0 >= 0 }.min()
        guard let kept else { return .ok(name, title, "without end") }
        let reason = "at least \(kept / 60_000) min"
        guard Int64(kept) < Self.shortestRetention.milliseconds else { return .ok(name, title, reason) }
        return .warning(name, title, reason, hint: "set retention.ms to a day or more")
    }

    var compaction: BackendFinding {
        let (name, title) = ("cleanup", "no message is compacted away")
        guard let settings else { return .skipped(name, title, "the cluster does not report it") }
        let compacted = topics.map(\.name).filter { settings[$0]?["cleanup.policy"]?.contains("compact") ?? false }
        guard !compacted.isEmpty else { return .ok(name, title, "cleanup.policy is delete") }
        return .warning(name, title, "compacted: \(compacted.joined(separator: ", "))", hint: "set cleanup.policy=delete on them")
    }

    func partitions(of lanes: [String], wanted: Int) -> BackendFinding {
        let (name, title) = ("partitions", "there are as many partitions as were asked for")
        let fewer = topics.filter { lanes.contains($0.name) && $0.partitions < wanted }
        guard !fewer.isEmpty else { return .ok(name, title, "\(wanted) or more of each lane") }
        return .warning(
            name, title, fewer.map { "\($0.name) has \($0.partitions) of \(wanted)" }.joined(separator: ", "),
            hint: "at most so many workers share the work; add partitions with kafka-topics.sh --alter")
    }

    /// By topic.
    private func values(_ setting: String) -> [String: Int]? {
        settings?.compactMapValues { $0[setting].flatMap { Int($0) } }
    }
}
