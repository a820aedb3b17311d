package import PixelFlowCore

/// The settings of a Kafka cluster: its address, topics and timeouts.
package struct KafkaSettings: Sendable, Hashable {
    static let brokerSetting = Setting<String>.text(
        "PIXELFLOW_BROKER_URL", default: "kafka://127.0.0.1:9092",
        help: "The broker: kafka://host:9092[,host…], with optional user:password@ and librdkafka's security properties.",
        isSecret: true)
    static let userSetting = Setting<String>.text(
        "PIXELFLOW_KAFKA_USERNAME", help: "User name for Kafka, if the URL has none.")
    static let passwordSetting = Setting<String>.text(
        "PIXELFLOW_KAFKA_PASSWORD",
        help:
            "Password for Kafka, if the URL has none.", isSecret: true)
    static let topicSetting = name(
        "PIXELFLOW_KAFKA_TOPIC", default: "image-tasks",
        help: "Topic of the dispatch messages to workers. High and low priority have topics of their own: `TOPIC.high` and `TOPIC.low`.")
    static let deadLetterTopicSetting = name(
        "PIXELFLOW_KAFKA_DEAD_LETTER_TOPIC", default: "image-tasks.dlq", help: "Topic of dead letters: tasks that have failed for good.")
    static let eventsTopicSetting = name(
        "PIXELFLOW_KAFKA_EVENTS_TOPIC", default: "task-events", help: "Topic of task events, read by every api replica.")
    static let groupSetting = name("PIXELFLOW_KAFKA_GROUP", default: "worker-group-1", help: "Consumer group of the workers.")
    /// At most one worker per partition receives messages; 12 is divisible by 2, 3, 4 and 6.
    static let partitionsSetting = Setting<Int>.integer(
        "PIXELFLOW_KAFKA_PARTITIONS", default: 12, in: 1...10_000,
        help: "Partitions of the dispatch topic when PixelFlow creates it; this is the maximum number of workers that share the work.")
    static let replicationSetting = Setting<Int>.integer(
        "PIXELFLOW_KAFKA_REPLICATION", default: 0, in: 0...100,
        help: "Replication factor of topics that PixelFlow creates; 0 means the cluster's default.")
    /// Longer than the election of a new leader; shorter than the dispatcher's publish timeout.
    static let publishTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_KAFKA_PUBLISH_TIMEOUT", default: 5, in: 1...300, help: "Time limit for the acknowledgement of a message.")
    /// By default, brokers reject less than 6 s. The partitions of a dead worker are idle for this long.
    static let sessionTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_KAFKA_SESSION_TIMEOUT", default: 10, in: 1...300,
        help: "How long a worker may miss heartbeats before its partitions are assigned to others.")

    package static let descriptions: [SettingDescription] = [
        brokerSetting.description, userSetting.description, passwordSetting.description, topicSetting.description,
        deadLetterTopicSetting.description, eventsTopicSetting.description, groupSetting.description, partitionsSetting.description,
        replicationSetting.description, publishTimeoutSetting.description, sessionTimeoutSetting.description,
    ]

    package var address: KafkaAddress
    /// Identifies the process to the cluster.
    package var clientID = "pixelflow"
    package var topic = "image-tasks"
    package var deadLetterTopic = "image-tasks.dlq"
    package var eventsTopic = "task-events"
    package var group = "worker-group-1"
    package var partitions = 12
    /// Nil for the cluster's own default.
    package var replication: Int?
    package var publishTimeout: Duration = .seconds(5)
    package var sessionTimeout: Duration = .seconds(10)
    /// The time limit of an administrative request (metadata, offsets, topic creation).
    package var adminTimeout: Duration = .seconds(3)

    /// The topic of a lane. The normal lane uses the topic from before there were lanes.
    package func topic(of lane: Lane) -> String { lane == .normal ? topic : "\(topic).\(lane.rawValue)" }

    package init(address: KafkaAddress) { self.address = address }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        address = try KafkaAddress(try settings[Self.brokerSetting])
        address.authenticate(user: try settings[Self.userSetting], password: try settings[Self.passwordSetting])
        topic = try settings[Self.topicSetting]
        deadLetterTopic = try settings[Self.deadLetterTopicSetting]
        eventsTopic = try settings[Self.eventsTopicSetting]
        group = try settings[Self.groupSetting]
        partitions = try settings[Self.partitionsSetting]
        let replicas = try settings[Self.replicationSetting]
        replication = replicas > 0 ? replicas : nil
        publishTimeout = try settings[Self.publishTimeoutSetting]
        sessionTimeout = try settings[Self.sessionTimeoutSetting]
    }

    private static func name(_ name: String, default defaultName: String, help: String) -> Setting<String> {
        Setting(name, default: defaultName, expected: "1 to 244 letters, digits, dots, dashes or underscores", help: help) { text in
            let isLegal = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
            return isLegal && (1...244).contains(text.utf8.count) ? text : nil
        }
    }
}
