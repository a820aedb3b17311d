/// How far a consumer group is behind on a topic.
public struct KafkaGroupLag: Sendable, Hashable, Codable {
    public struct Partition: Sendable, Hashable, Codable {
        public var partition: Int
        /// The oldest offset that there still is.
        public var start: Int64
        /// Where the group goes on; nil where it has never committed.
        public var committed: Int64?
        /// The offset of the next message.
        public var end: Int64
        /// Who reads it at present, where known.
        public var member: Member?

        public init(partition: Int, start: Int64, committed: Int64?, end: Int64, member: Member? = nil) {
            self.partition = partition
            self.start = start
            self.committed = committed
            self.end = end
            self.member = member
        }

        /// Messages that the group has still to take. What was never committed counts from the oldest message,
        /// and so does what was committed in a log that has begun anew since.
        public var lag: Int64 {
            let position = committed ?? start
            return max(0, end - (position > end ? start : max(position, start)))
        }
    }

    /// A process that takes part in the group.
    public struct Member: Sendable, Hashable, Codable {
        public var id: String
        public var clientID: String
        public var host: String

        public init(id: String, clientID: String, host: String) {
            self.id = id
            self.clientID = clientID
            self.host = host
        }
    }

    public var group: String
    public var topic: String
    /// In Kafka's words, as `Stable` or `PreparingRebalance`; nil where the cluster does not tell.
    public var state: String?
    /// By number.
    public var partitions: [Partition]

    public init(group: String, topic: String, state: String? = nil, partitions: [Partition]) {
        self.group = group
        self.topic = topic
        self.state = state
        self.partitions = partitions
    }

    /// Of all partitions.
    public var total: Int64 { partitions.reduce(0) { $0 + $1.lag } }
}
