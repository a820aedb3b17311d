import Prometheus

extension MetricCatalog {
    static let databases = Group(
        title: "Databases", origin: "the services that use PostgreSQL or MongoDB",
        metrics: [
            MetricDescription(
                .counter, "database_requests_total", labels: ["backend", "operation", "outcome"],
                "MongoDB commands by outcome: answered, refused (the server rejected the command, for example a duplicate key), failed."),
            MetricDescription(
                .histogram, "database_request_duration_seconds", labels: ["backend", "operation"], buckets: requestBuckets,
                "Duration of a database call."),
            MetricDescription(
                .gauge, "database_pool_connections", labels: ["backend", "state"], "Connections of the pool: busy, idle."),
            MetricDescription(.gauge, "database_pool_waiting", labels: ["backend"], "Calls waiting for a connection."),
        ])

    static let kafka = Group(
        title: "Kafka", origin: "api and worker",
        metrics: [
            MetricDescription(
                .gauge, "kafka_consumer_lag", labels: ["topic", "partition"],
                "Messages of a partition that its worker has not settled yet."),
            MetricDescription(
                .gauge, "kafka_committed_offset", labels: ["topic", "partition"],
                "Committed offset of the group in a partition, reported by the worker that holds it."),
            MetricDescription(
                .gauge, "kafka_end_offset", labels: ["topic", "partition"],
                "End offset of a partition, reported by the worker that holds it."),
            MetricDescription(.gauge, "kafka_producer_queue_messages", "Messages waiting in the producer's queue."),
            MetricDescription(
                .counter, "kafka_messages_total", labels: ["topic", "direction", "outcome"],
                "Messages published to or consumed from a topic: ok, failed, undecodable."),
            MetricDescription(
                .histogram, "kafka_publish_duration_seconds", buckets: requestBuckets,
                "Time from handing messages to the producer to the acknowledgement of the last one."),
            MetricDescription(
                .counter, "kafka_rebalances_total", labels: ["event"], "Rebalances that assigned partitions to this worker or revoked them."
            ),
            MetricDescription(
                .gauge, "kafka_broker_round_trip_seconds", labels: ["client", "percentile"],
                "Round-trip time to the slowest broker, as measured by the client library."),
        ])

    static let objects = Group(
        title: "Object store", origin: "api and worker",
        metrics: [
            MetricDescription(.counter, "s3_requests_total", labels: ["operation", "status"], "Requests to the object store."),
            MetricDescription(
                .histogram, "s3_request_duration_seconds", labels: ["operation"], buckets: requestBuckets,
                "Duration of a request to the object store."),
            MetricDescription(.counter, "blob_bytes_total", labels: ["direction"], "Bytes read from and written to the object store."),
        ])

    static let circuits = Group(
        title: "Circuit breakers", origin: "each service that uses a backend",
        metrics: [
            MetricDescription(
                .gauge, "circuit_breaker_state", labels: ["backend", "state"], "1 for the current state: closed, open, half_open."),
            MetricDescription(
                .counter, "circuit_breaker_rejections_total", labels: ["backend"], "Calls rejected because the circuit was open."),
        ])
}
