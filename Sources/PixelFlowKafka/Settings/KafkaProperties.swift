import WireFormats

/// Properties of librdkafka, by the names in its CONFIGURATION.md.
struct KafkaProperties: Sendable {
    /// How long a broker may wait for messages before it replies to a fetch. A fetch in progress when a
    /// partition is resumed delays it by up to this time.
    static let fetchWait = Duration.milliseconds(100)

    var values: [String: String]

    /// The properties of every client.
    ///
    /// The back-offs are short, so that everything continues within seconds after a broker has recovered.
    static func common(_ settings: KafkaSettings) -> KafkaProperties {
        KafkaProperties(
            values: [
                "bootstrap.servers": settings.address.servers.joined(separator: ","),
                "client.id": settings.clientID,
                "socket.timeout.ms": "10000",
                "socket.connection.setup.timeout.ms": "5000",
                "socket.keepalive.enable": "true",
                "socket.nagle.disable": "true",
                "reconnect.backoff.ms": "100",
                "reconnect.backoff.max.ms": "2000",
                // New topics and partitions are discovered within this time.
                "topic.metadata.refresh.interval.ms": "5000",
                "topic.metadata.propagation.max.ms": "3000",
                "log.connection.close": "false",
                "statistics.interval.ms": "5000",
            ].merging(settings.address.security) { _, security in security })
    }

    /// Each message once and in order, acknowledged by all replicas, or a failure within the publish timeout.
    static func producer(_ settings: KafkaSettings) -> KafkaProperties {
        common(settings).adding([
            "enable.idempotence": "true",
            "retry.backoff.ms": "100",
            "acks": "all",
            "message.timeout.ms": "\(settings.publishTimeout.milliseconds)",
            "request.timeout.ms": "\(settings.publishTimeout.milliseconds)",
            "queue.buffering.max.messages": "100000",
            "queue.buffering.max.kbytes": "65536",
            // Messages that are published together are sent together anyway; waiting for more would only add delay.
            "linger.ms": "0",
            "compression.codec": "lz4",
        ])
    }

    /// The properties of a worker in the group.
    ///
    /// - Parameter prefetch: dispatch messages buffered before they are requested. Pausing discards them,
    ///   so the number is small; `fetch.message.max.bytes` limits the size of a response.
    static func groupMember(_ settings: KafkaSettings, prefetch: Int) -> KafkaProperties {
        reader(settings).adding([
            "group.id": settings.group,
            "partition.assignment.strategy": "range,roundrobin",
            "session.timeout.ms": "\(settings.sessionTimeout.milliseconds)",
            // A thread polls continuously, even while paused. A rebalance waits this long for a member that is gone.
            "max.poll.interval.ms": "\(settings.sessionTimeout.milliseconds)",
            "heartbeat.interval.ms": "\(max(300, settings.sessionTimeout.milliseconds / 4))",
            "enable.auto.commit": "true",
            "auto.commit.interval.ms": "500",
            "queued.min.messages": "\(prefetch)",
            "fetch.message.max.bytes": "65536",
        ])
    }

    /// The properties of a reader of all changes, which belongs to no group and commits nothing.
    static func eventReader(_ settings: KafkaSettings) -> KafkaProperties {
        // librdkafka requires a group id nevertheless; it is never sent to a broker.
        reader(settings).adding(["group.id": "\(settings.clientID)-events", "enable.auto.commit": "false"])
    }

    private static func reader(_ settings: KafkaSettings) -> KafkaProperties {
        common(settings).adding([
            "enable.auto.offset.store": "false",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": "false",
            "fetch.wait.max.ms": "\(fetchWait.milliseconds)",
            "fetch.error.backoff.ms": "100",
        ])
    }

    private func adding(_ more: [String: String]) -> KafkaProperties {
        KafkaProperties(values: values.merging(more) { _, new in new })
    }
}
