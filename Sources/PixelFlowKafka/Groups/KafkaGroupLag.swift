/// How far a consumer group is behind on a topic.
package struct KafkaGroupLag: Sendable, Hashable, Codable {
    package struct Partition: Sendable, Hashable, Codable {
        package var partition: Int
        /// The oldest retained offset.
        package var start: Int64
        /// The committed offset of the group; nil if it has never committed.
        package var committed: Int64?
        /// The offset of the next message.
        package var end: Int64
        /// The member that currently reads it, if known.
        package var member: Member?

        package init(partition: Int, start: Int64, committed: Int64?, end: Int64, member: Member? = nil) {
            self.partition = partition
            self.start = start
            self.committed = committed
            self.end = end
            self.member = member
        }

        /// Messages that the group has not settled. Counts from the oldest message if there is no committed offset,
        /// or if the log has been recreated since the commit.
        package var lag: Int64 {
            let position = committed ?? start
            return max(0, end - (position > end ? start : max(position, start)))
        }
    }

    /// A process in the group.
    package struct Member: Sendable, Hashable, Codable {
        package var id: String
        package var clientID: String
        package var host: String

        package init(id: String, clientID: String, host: String) {
            self.id = id
            self.clientID = clientID
            self.host = host
        }
    }

    package var group: String
    package var topic: String
    /// The state in Kafka's terms, such as `Stable` or `PreparingRebalance`; nil if the cluster does not report it.
    package var state: String?
    /// Sorted by number.
    package var partitions: [Partition]

    package init(group: String, topic: String, state: String? = nil, partitions: [Partition]) {
        self.group = group
        self.topic = topic
        self.state = state
        self.partitions = partitions
    }

    /// The total of all partitions.
    package var total: Int64 { partitions.reduce(0) { $0 + $1.lag } }
}
