import CRDKafka
import PixelFlowCore
import WireFormats

extension KafkaHandle {
    /// The position of a group in a topic, from four requests. Blocks for at most four times `limit`.
    func lag(group: String, topic: String, within limit: Duration) throws(KafkaError) -> KafkaGroupLag {
        let partitions = (0..<Int32(try partitionCount(of: topic, within: limit))).map { $0 }
        let starts = try bounds(of: topic, partitions, at: .start, within: limit)
        let committed = try committedOffsets(of: group, topic: topic, partitions, within: limit)
        // Last, so that no committed offset is beyond the end.
        let ends = try bounds(of: topic, partitions, at: .end, within: limit)
        // The members are optional: old and restricted clusters do not report them.
        let membership = try? members(of: group, topic: topic, within: limit)
        return KafkaGroupLag(
            group: group, topic: topic, state: membership?.state,
            partitions: partitions.map { number in
                KafkaGroupLag.Partition(
                    partition: Int(number), start: starts[Int(number)], committed: committed[number], end: ends[Int(number)],
                    member: membership?.readers[number])
            })
    }

    /// A position in a log.
    enum Bound {
        case start, end
        /// The first message at or after this time.
        case time(Timestamp)

        /// The value for Kafka, which encodes special positions as negative timestamps in milliseconds.
        var timestamp: Int64 {
            switch self {
            case .start: Int64(RD_KAFKA_OFFSET_BEGINNING)
            case .end: Int64(RD_KAFKA_OFFSET_END)
            case .time(let time): time.microseconds / 1000
            }
        }
    }

    /// Whether a group has committed all retained messages that were published before `time`. Blocks for at most
    /// five times `limit`.
    func hasDelivered(
        everythingBefore time: Timestamp, to group: String, topic: String, within limit: Duration
    ) throws(KafkaError) -> Bool {
        let partitions = (0..<Int32(try partitionCount(of: topic, within: limit))).map { $0 }
        let ends = try bounds(of: topic, partitions, at: .end, within: limit)
        let starts = try bounds(of: topic, partitions, at: .start, within: limit)
        let later = try bounds(of: topic, partitions, at: .time(time), within: limit)
        let committed = try committedOffsets(of: group, topic: topic, partitions, within: limit)
        return partitions.allSatisfy { number in
            let (start, end) = (starts[Int(number)], ends[Int(number)])
            let position = committed[number] ?? start
            // The log was truncated below the position, and messages up to the old position are skipped: nothing before `time` is pending.
            if position > end { return true }
            // Kafka returns a negative offset if there is no later message.
            let target = later[Int(number)] < 0 ? end : later[Int(number)]
            return max(position, start) >= target
        }
    }

    /// An offset for each of `partitions`, in the same order. Blocks.
    func bounds(of topic: String, _ partitions: [Int32], at bound: Bound, within limit: Duration) throws(KafkaError) -> [Int64] {
        let list = PartitionList(topic: topic, partitions: partitions, offset: bound.timestamp)
        if let failure = KafkaError(unlessOK: rd_kafka_offsets_for_times(pointer, list.pointer, Int32(limit.milliseconds))) {
            throw failure
        }
        let offsets = try Self.offsets(list.entries)
        var found: [Int64] = []
        for number in partitions {
            // A missing partition is an error: an offset of 0 would look like no lag.
            guard let offset = offsets[number] else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
            found.append(offset)
        }
        return found
    }

    private func committedOffsets(
        of group: String, topic: String, _ partitions: [Int32], within limit: Duration
    ) throws(KafkaError) -> [Int32: Int64] {
        let list = PartitionList(topic: topic, partitions: partitions)
        var request = rd_kafka_ListConsumerGroupOffsets_new(group, list.pointer)
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        return try administer(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, within: limit) { options, queue in
            rd_kafka_ListConsumerGroupOffsets(pointer, &request, 1, options, queue)
        } parse: { (event) throws(KafkaError) in
            var count = 0
            let results = rd_kafka_ListConsumerGroupOffsets_result_groups(
                rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
            guard count > 0, let result = results?[0] else { return [:] }
            if let error = rd_kafka_group_result_error(result) {
                throw KafkaError(rd_kafka_error_code(error), detail: String(cString: rd_kafka_error_string(error)))
            }
            return try Self.offsets(PartitionList.entries(rd_kafka_group_result_partitions(result))).filter { $0.value >= 0 }
        }
    }

    private func members(
        of group: String, topic: String, within limit: Duration
    ) throws -> (state: String, readers: [Int32: KafkaGroupLag.Member]) {
        try group.withCString { name in
            var names: [UnsafePointer<CChar>?] = [name]
            return try administer(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, within: limit) { options, queue in
                rd_kafka_DescribeConsumerGroups(pointer, &names, 1, options, queue)
            } parse: { (event) throws(KafkaError) in
                var count = 0
                let results = rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &count)
                guard count > 0, let description = results?[0] else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
                let state = String(cString: rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(description)))
                return (state, Self.readers(description, of: topic))
            }
        }
    }

    private static func readers(_ description: OpaquePointer, of topic: String) -> [Int32: KafkaGroupLag.Member] {
        var readers: [Int32: KafkaGroupLag.Member] = [:]
        for index in 0..<rd_kafka_ConsumerGroupDescription_member_count(description) {
            guard let found = rd_kafka_ConsumerGroupDescription_member(description, index) else { continue }
            let member = KafkaGroupLag.Member(
                id: String(cString: rd_kafka_MemberDescription_consumer_id(found)),
                clientID: String(cString: rd_kafka_MemberDescription_client_id(found)),
                host: String(cString: rd_kafka_MemberDescription_host(found)))
            guard let assignment = rd_kafka_MemberDescription_assignment(found) else { continue }
            for entry in PartitionList.entries(rd_kafka_MemberAssignment_partitions(assignment)) where entry.topic == topic {
                readers[entry.partition] = member
            }
        }
        return readers
    }

    private static func offsets(_ entries: [PartitionList.Entry]) throws(KafkaError) -> [Int32: Int64] {
        var offsets: [Int32: Int64] = [:]
        for entry in entries {
            if let failure = entry.failure { throw failure }
            offsets[entry.partition] = entry.offset
        }
        return offsets
    }
}
