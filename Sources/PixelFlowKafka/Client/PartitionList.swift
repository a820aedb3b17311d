import CRDKafka

/// A list of partitions in librdkafka's format, freed at the end of its scope.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    struct Entry: Sendable {
        var topic: String
        var partition: Int32
        var offset: Int64
        var failure: KafkaError?
    }

    init(topic: String, partitions: some Collection<Int32>, offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID)) {
        pointer = rd_kafka_topic_partition_list_new(Int32(partitions.count))
        for partition in partitions { rd_kafka_topic_partition_list_add(pointer, topic, partition).pointee.offset = offset }
    }

    init(topic: String, offsets: [Int32: Int64]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for (partition, offset) in offsets { rd_kafka_topic_partition_list_add(pointer, topic, partition).pointee.offset = offset }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    var entries: [Entry] { Self.entries(pointer) }

    static func entries(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>?) -> [Entry] {
        guard let list else { return [] }
        return UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt)).map { element in
            Entry(
                topic: String(cString: element.topic), partition: element.partition, offset: element.offset,
                failure: KafkaError(unlessOK: element.err))
        }
    }
}
