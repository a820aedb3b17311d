import CRDKafka
import Logging
import PixelFlowCore
import Synchronization

/// Creates PixelFlow's topics if they do not exist.
///
/// Any number of processes may do so simultaneously and repeatedly. If the cluster cannot create topics or does not
/// allow it, it is used as it is.
final class TopicProvisioner: Sendable {
    private struct Topic {
        var name: String
        var partitions: Int
    }

    private let topics: [Topic]
    private let replication: Int
    private let limit: Duration
    private let logger: Logger
    private let made = Atomic(false)

    init(_ settings: KafkaSettings, logger: Logger) {
        topics =
            Lane.allCases.map { Topic(name: settings.topic(of: $0), partitions: settings.partitions) } + [
                Topic(name: settings.deadLetterTopic, partitions: 1),
                // One partition, so that every reader sees all changes in the same order; a message carries many of them.
                Topic(name: settings.eventsTopic, partitions: 1),
            ]
        replication = settings.replication ?? -1
        limit = settings.adminTimeout
        self.logger = logger
    }

    /// Whether the topics existed at the last check.
    var areMade: Bool { made.load(ordering: .acquiring) }

    /// Called if a topic may be gone: the next `make` checks again.
    func forget() { made.store(false, ordering: .releasing) }

    /// Creates missing topics. Blocks.
    ///
    /// - Throws: if the cluster does not respond.
    func make(with handle: KafkaHandle) throws(KafkaError) {
        guard !areMade else { return }
        let outcomes: [(String, KafkaError?)]
        do {
            outcomes = try request(handle)
        } catch {
            // Without a controller the cluster cannot create topics, but all of them may already exist.
            guard isFinal(error) || areThere(handle) else { throw error }
            logger.notice("kafka cluster does not allow creating topics", metadata: ["error": "\(error)"])
            outcomes = []
        }
        for (name, failure) in outcomes {
            guard let failure else {
                logger.info("kafka topic created", metadata: ["topic": "\(name)"])
                continue
            }
            guard !failure.is(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) else { continue }
            guard isFinal(failure) else { throw failure }
            logger.warning("kafka topic could not be created", metadata: ["topic": "\(name)", "error": "\(failure)"])
        }
        made.store(true, ordering: .releasing)
    }

    /// Whether a retry would give the same result.
    private func isFinal(_ failure: KafkaError) -> Bool {
        failure.is(
            RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
            RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
    }

    private func areThere(_ handle: KafkaHandle) -> Bool {
        topics.allSatisfy { (try? handle.partitionCount(of: $0.name, within: limit)) != nil }
    }

    private func request(_ handle: KafkaHandle) throws(KafkaError) -> [(String, KafkaError?)] {
        var requests = topics.map { rd_kafka_NewTopic_new($0.name, Int32($0.partitions), Int32(replication), nil, 0) }
        defer { requests.forEach { rd_kafka_NewTopic_destroy($0) } }
        return try handle.administer(RD_KAFKA_ADMIN_OP_CREATETOPICS, within: limit) { options, queue in
            rd_kafka_CreateTopics(handle.pointer, &requests, requests.count, options, queue)
        } parse: { event in
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            return (0..<count).compactMap { index in
                guard let result = results?[index] else { return nil }
                return (String(cString: rd_kafka_topic_result_name(result)), KafkaError(unlessOK: rd_kafka_topic_result_error(result)))
            }
        }
    }
}
