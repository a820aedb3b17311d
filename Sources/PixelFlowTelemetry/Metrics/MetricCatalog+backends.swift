import Prometheus

extension MetricCatalog {
    static let databases = Group(
        title: "Databases", origin: "whoever uses PostgreSQL or MongoDB",
        metrics: [
            MetricDescription(
                .counter, "database_requests_total", labels: ["backend", "operation", "outcome"],
                "Calls of MongoDB: answered, refused (an answer, too, as of a duplicate), failed."),
            MetricDescription(
                .histogram, "database_request_duration_seconds", labels: ["backend", "operation"], buckets: requestBuckets,
                "How long a call of a database took."),
            MetricDescription(
                .gauge, "database_pool_connections", labels: ["backend", "state"], "Connections of the pool: busy, idle."),
            MetricDescription(.gauge, "database_pool_waiting", labels: ["backend"], "Calls that wait for a connection."),
        ])

    static let kafka = Group(
        title: "Kafka", origin: "api and worker",
        metrics: [
            MetricDescription(
                .gauge, "kafka_consumer_lag", labels: ["topic", "partition"], "Messages of a partition that its worker has not settled."),
            MetricDescription(
                .gauge, "kafka_committed_offset", labels: ["topic", "partition"],
                "Where the group goes on in a partition, told by its worker."),
            MetricDescription(
                .gauge, "kafka_end_offset", labels: ["topic", "partition"],
                "The offset of the next message of a partition, told by its worker."),
            MetricDescription(.gauge, "kafka_producer_queue_messages", "Messages that wait to be sent."),
            MetricDescription(
                .counter, "kafka_messages_total", labels: ["topic", "direction", "outcome"],
                "Messages published to or consumed from a topic: ok, failed, undecodable."),
            MetricDescription(
                .histogram, "kafka_publish_duration_seconds", buckets: requestBuckets,
                "From handing messages over to the acknowledgement of the last of them."),
            MetricDescription(
                .counter, "kafka_rebalances_total", labels: ["event"], "Times that partitions were assigned to or revoked from this worker."
            ),
            MetricDescription(
                .gauge, "kafka_broker_round_trip_seconds", labels: ["client", "percentile"],
                "Round trip to the slowest broker, as the client library measures it."),
        ])

    static let objects = Group(
        title: "Object store", origin: "api and worker",
        metrics: [
            MetricDescription(.counter, "s3_requests_total", labels: ["operation", "status"], "Requests to the object store."),
            MetricDescription(
                .histogram, "s3_request_duration_seconds", labels: ["operation"], buckets: requestBuckets,
                "How long a request to the object store took."),
            MetricDescription(.counter, "blob_bytes_total", labels: ["direction"], "Bytes read from and written to the object store."),
        ])

    static let circuits = Group(
        title: "Circuit breakers", origin: "whoever uses a backend",
        metrics: [
            MetricDescription(
                .gauge, "circuit_breaker_state", labels: ["backend", "state"], "1 for the present state: closed, open, half_open."),
            MetricDescription(
                .counter, "circuit_breaker_rejections_total", labels: ["backend"], "Calls refused because the circuit was open."),
        ])
}
