import CRDKafka
import WireFormats

/// A topic as described by the cluster.
struct TopicState: Sendable, Hashable {
    var name: String
    var partitions: Int
    /// The lowest replica count of any partition.
    var replicas: Int
    /// The lowest in-sync replica count of any partition.
    var inSync: Int
}

extension KafkaHandle {
    /// A topic, and the number of brokers in the cluster. Blocks for at most `limit`.
    func describe(topic: String, within limit: Duration) throws(KafkaError) -> (state: TopicState, brokers: Int) {
        let reference = rd_kafka_topic_new(pointer, topic, nil)
        defer { if let reference { rd_kafka_topic_destroy(reference) } }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        if let failure = KafkaError(unlessOK: rd_kafka_metadata(pointer, 0, reference, &metadata, Int32(limit.milliseconds))) {
            throw failure
        }
        defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
        guard let found = metadata?.pointee, found.topic_cnt > 0 else { throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) }
        if let failure = KafkaError(unlessOK: found.topics[0].err) { throw failure }
        let partitions = UnsafeBufferPointer(start: found.topics[0].partitions, count: Int(found.topics[0].partition_cnt))
        return (
            TopicState(
                name: topic, partitions: partitions.count, replicas: partitions.map { Int($0.replica_cnt) }.min() ?? 0,
                inSync: partitions.map { Int($0.isr_cnt) }.min() ?? 0),
            Int(found.broker_cnt)
        )
    }

    /// The settings of topics, by topic and name. Blocks for at most `limit`.
    func settings(ofTopics topics: [String], within limit: Duration) throws(KafkaError) -> [String: [String: String]] {
        var resources = topics.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        defer { resources.forEach { rd_kafka_ConfigResource_destroy($0) } }
        return try administer(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, within: limit) { options, queue in
            rd_kafka_DescribeConfigs(pointer, &resources, resources.count, options, queue)
        } parse: { (event) throws(KafkaError) in
            var count = 0
            let found = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
            var settings: [String: [String: String]] = [:]
            for index in 0..<count {
                guard let resource = found?[index] else { continue }
                if let failure = KafkaError(unlessOK: rd_kafka_ConfigResource_error(resource)) { throw failure }
                settings[String(cString: rd_kafka_ConfigResource_name(resource))] = Self.entries(of: resource)
            }
            return settings
        }
    }

    private static func entries(of resource: OpaquePointer) -> [String: String] {
        var count = 0
        let entries = rd_kafka_ConfigResource_configs(resource, &count)
        return (0..<count).reduce(into: [:]) { values, index in
            guard let entry = entries?[index], let value = rd_kafka_ConfigEntry_value(entry) else { return }
            values[String(cString: rd_kafka_ConfigEntry_name(entry))] = String(cString: value)
        }
    }
}
