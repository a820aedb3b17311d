import Prometheus

extension MetricCatalog {
    static let services = Group(
        title: "Requests", origin: "each service, under its own name",
        metrics: ["auth", "api", "worker", "web"].flatMap(requests))

    private static func requests(of service: String) -> [MetricDescription] {
        [
            MetricDescription(
                .counter, "\(service)_requests_total", labels: ["method", "endpoint", "status"],
                "Requests answered. endpoint is the route's template, unmatched where there is none."),
            MetricDescription(
                .histogram, "\(service)_request_duration_seconds", labels: ["method", "endpoint"], buckets: requestBuckets,
                "Time from the head of a request to the head of its answer; the sending of a body or an event stream is not in it."),
            MetricDescription(
                .gauge, "\(service)_health_check_up", labels: ["check"],
                "1 where a backend that the service cannot work without was in order at this scrape, 0 where not."),
            MetricDescription(.gauge, "\(service)_connections_open", "Connections of clients that are open."),
            MetricDescription(
                .counter, "\(service)_connections_refused_total", labels: ["reason"],
                "Connections ended at a limit: address_limit, total_limit, evicted, header_timeout, body_timeout, read_timeout, header_size, malformed."
            ),
        ]
    }

    static let autoscaling = Group(
        title: "Autoscaling", origin: "the metrics adapter; its requests are those of its health port",
        metrics: requests(of: "adapter") + [
            MetricDescription(
                .gauge, "adapter_group_lag", "Tasks that wait for a worker, as last read and told to the autoscaler: no more than the cap."),
            MetricDescription(
                .counter, "adapter_lag_readings_total", labels: ["status"], "Times that the lag was asked of Kafka: success, error."),
            MetricDescription(
                .counter, "adapter_answers_total", labels: ["status"], "Answers to the API server, by HTTP status."),
            MetricDescription(
                .gauge, "adapter_certificate_expiry_timestamp_seconds",
                "When the certificate ends that is shown to the API server, in seconds since 1970; renewed a month before."),
        ])

    static let accounts = Group(
        title: "Accounts", origin: "auth",
        metrics: [
            MetricDescription(.counter, "auth_registrations_total", "People registered."),
            MetricDescription(
                .counter, "auth_registrations_refused_total", labels: ["reason"],
                "Registrations refused without a hash: closed, throttled (too many from one address), busy (too many wait)."),
            MetricDescription(
                .counter, "auth_logins_total", labels: ["status"],
                "Logins tried, by what came of them: success, failure (address or password wrong), throttled, error."),
            MetricDescription(
                .counter, "auth_token_validations_total", labels: ["status"],
                "Tokens shown at /validate: valid, expired, invalid, missing, error."),
        ])

    static let streams = Group(
        title: "Event streams", origin: "api",
        metrics: [
            MetricDescription(.gauge, "event_streams", "Clients that listen to events at present."),
            MetricDescription(
                .counter, "event_streams_dropped_total", "Event streams that were ended because their client did not keep up."),
            MetricDescription(
                .counter, "event_streams_refused_total", labels: ["limit"],
                "Event streams that were refused because there were too many: of one user (user), of all (total)."),
            MetricDescription(
                .gauge, "event_streams_waiting_bytes",
                "Bytes of events that wait for clients to read them; an event that many wait for counts once."),
        ])

    static let process = Group(
        title: "Process", origin: "each service; disk_… in the embedded mode",
        metrics: ProcessCollector.descriptions + DiskCollector.descriptions + PrometheusRegistry.descriptions)
}
