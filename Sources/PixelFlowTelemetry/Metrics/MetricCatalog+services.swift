import Prometheus

extension MetricCatalog {
    static let services = Group(
        title: "Requests", origin: "each service, under its own name",
        metrics: ["auth", "api", "worker", "web"].flatMap(requests))

    private static func requests(of service: String) -> [MetricDescription] {
        [
            MetricDescription(
                .counter, "\(service)_requests_total", labels: ["method", "endpoint", "status"],
                "Requests handled. endpoint is the template of the route, or unmatched."),
            MetricDescription(
                .histogram, "\(service)_request_duration_seconds", labels: ["method", "endpoint"], buckets: requestBuckets,
                "Time from the head of a request to the head of its response; sending a body or an event stream is not included."),
            MetricDescription(
                .gauge, "\(service)_health_check_up", labels: ["check"],
                "1 if a required backend was healthy at this scrape, 0 if not."),
            MetricDescription(.gauge, "\(service)_connections_open", "Open client connections."),
            MetricDescription(
                .counter, "\(service)_connections_refused_total", labels: ["reason"],
                "Connections closed because of a limit: address_limit, total_limit, evicted, header_timeout, body_timeout, "
                    + "read_timeout, header_size, malformed."
            ),
        ]
    }

    static let traces = Group(
        title: "Traces", origin: "each service, where a collector is set",
        metrics: [
            MetricDescription(.counter, "otlp_spans_exported_total", "Spans that the collector has accepted."),
            MetricDescription(
                .counter, "otlp_spans_dropped_total", labels: ["reason"],
                """
                Spans that are lost. reason: queue_full (spans end faster than they are exported), failed (the collector did not accept a \
                batch in time), rejected (the collector refused them), shutdown (the process ended first).
                """),
            MetricDescription(.counter, "otlp_export_retries_total", "Batches sent again after a retryable response or none."),
            MetricDescription(.gauge, "otlp_spans_waiting", "Spans that wait to be exported."),
        ])

    static let autoscaling = Group(
        title: "Autoscaling", origin: "the metrics adapter; its requests are those of its health port",
        metrics: requests(of: "adapter") + [
            MetricDescription(
                .gauge, "adapter_group_lag", "Tasks waiting for a worker, as last reported to the autoscaler, at most the cap."),
            MetricDescription(
                .counter, "adapter_lag_readings_total", labels: ["status"], "Readings of the lag from Kafka: success, error."),
            MetricDescription(
                .counter, "adapter_responses_total", labels: ["status"], "Responses to the API server, by HTTP status."),
            MetricDescription(
                .gauge, "adapter_certificate_expiry_timestamp_seconds",
                "Expiry of the serving certificate in seconds since 1970; it is renewed a month before."),
        ])

    static let accounts = Group(
        title: "Accounts", origin: "auth",
        metrics: [
            MetricDescription(.counter, "auth_registrations_total", "Accounts registered."),
            MetricDescription(
                .counter, "auth_registrations_refused_total", labels: ["reason"],
                "Registrations refused before hashing: closed, throttled (too many from one address), busy (too many waiting)."),
            MetricDescription(
                .counter, "auth_logins_total", labels: ["status"],
                "Login attempts by outcome: success, failure (wrong address or password), throttled, error."),
            MetricDescription(
                .counter, "auth_token_validations_total", labels: ["status"],
                "Tokens checked at /validate: valid, expired, invalid, missing, error."),
            MetricDescription(
                .counter, "auth_mails_total", labels: ["kind", "outcome"],
                """
                Attempts to send mail, if a mail server is set. kind: invitation, password_reset, verification, webhook_disabled, \
                quota_warning, task_digest, batch_completed. outcome: sent, postponed (retried later), refused (permanently), expired (its \
                link expired first), obsolete (no longer relevant).
                """),
            MetricDescription(
                .counter, "auth_mail_possible_duplicates_total", "Messages sent again although the server may have accepted them."),
            MetricDescription(
                .counter, "auth_task_digests_total", labels: ["outcome"],
                """
                Reports about the tasks of subscribers, if a mail server is set. outcome: queued, empty (no task has ended), unreachable \
                (the mailbox rejects mail, or the account is disabled), superseded (sent before, or no longer wanted), postponed (too many \
                messages wait; sent later).
                """),
            MetricDescription(.gauge, "auth_mail_backlog", "Messages that wait to be sent, as of the last check by this replica."),
        ])

    static let audit = Group(
        title: "Audit log", origin: "api",
        metrics: [
            MetricDescription(
                .counter, "audit_deliveries_total", labels: ["outcome"],
                "Batches of audit entries sent to auth by outcome: delivered, failed. A failed one is sent again."),
            MetricDescription(
                .gauge, "audit_backlog",
                "Audit entries that wait to be delivered, as of the last check by this replica. At 100,000, api refuses requests that need "
                    + "an entry."
            ),
        ])

    static let taskMail = Group(
        title: "Mail about tasks", origin: "api",
        metrics: [
            MetricDescription(
                .counter, "task_digests_total", labels: ["outcome"],
                "Task digests by outcome: reported (to auth, which mails them), failed (not computed; retried).")
        ])

    static let limits = Group(
        title: "Rate limits", origin: "auth and api",
        metrics: [
            MetricDescription(
                .counter, "rate_limit_requests_total", labels: ["class", "result"],
                "Requests counted by the class of their route (sign-in, read, write, upload, heavy): allowed, limited."),
            MetricDescription(
                .counter, "rate_limit_fail_open_total",
                "Requests counted only in this process because Redis did not respond."),
            MetricDescription(
                .histogram, "redis_request_duration_seconds", buckets: requestBuckets, "Duration of a command in Redis."),
        ])

    static let caches = Group(
        title: "Caches", origin: "auth, api and worker",
        metrics: [
            MetricDescription(
                .counter, "cache_requests_total", labels: ["cache", "result"],
                """
                Lookups in a cache: task_lists, tasks, statistics, usage, shown_quotas and presets of api; sessions and keys of auth \
                and api; quotas and webhooks of services that use MongoDB. result: hit, miss (read), joined (one read for several \
                callers), stale (the read failed, and an older value was returned), bypass (read, because the cache could not be relied on).
                """)
        ])

    static let streams = Group(
        title: "Event streams", origin: "api",
        metrics: [
            MetricDescription(.gauge, "event_streams", "Open event streams."),
            MetricDescription(
                .counter, "event_streams_dropped_total",
                "Event streams ended with a reset: the client did not keep up, or changes were missed."),
            MetricDescription(
                .counter, "event_streams_refused_total", labels: ["limit"],
                "Event streams refused because of a limit: per user (user) or per replica (total)."),
            MetricDescription(
                .gauge, "event_streams_waiting_bytes",
                "Bytes of events buffered for clients; an event buffered for several clients counts once."),
        ])

    static let process = Group(
        title: "Process", origin: "each service; disk_… in the embedded mode",
        metrics: ProcessCollector.descriptions + DiskCollector.descriptions + PrometheusRegistry.descriptions)
}
