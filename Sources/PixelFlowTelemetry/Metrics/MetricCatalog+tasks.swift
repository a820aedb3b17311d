import Prometheus

extension MetricCatalog {
    static let tasks = Group(
        title: "Tasks", origin: "api (created, cancelled) and worker",
        metrics: [
            MetricDescription(
                .counter, "tasks_created_total", labels: ["source"], "Tasks accepted, by origin of the image: upload, url."),
            MetricDescription(
                .counter, "tasks_finished_total", labels: ["status", "error_code"],
                "Tasks that reached COMPLETED, FAILED or CANCELLED. error_code is empty unless FAILED, and other for a rare code."),
            MetricDescription(
                .histogram, "task_queue_latency_seconds", labels: ["lane"], buckets: waitBuckets,
                "Time from when a task is due to its claim by a worker, by the database's clock."),
            MetricDescription(
                .histogram, "task_duration_seconds", labels: ["status"], buckets: waitBuckets,
                "Time from the creation of a task to its final status, by the database's clock."),
            MetricDescription(
                .counter, "task_retries_total", labels: ["reason"],
                "Runs that returned the task to PENDING: transient, outage, crash, killed, interrupted."),
            MetricDescription(
                .counter, "task_results_discarded_total", "Results discarded because their claim had been lost."),
            MetricDescription(
                .counter, "tasks_claimed_by_poll_total",
                "Tasks that an idle worker claimed by polling because no dispatch message arrived: the broker is down or rebalancing."
            ),
            MetricDescription(.gauge, "worker_slots", "Tasks that the worker may process at a time."),
            MetricDescription(.gauge, "worker_slots_busy", "Tasks that the worker is processing."),
        ])

    static let dispatch = Group(
        title: "Dispatch", origin: "api and worker",
        metrics: [
            MetricDescription(
                .counter, "dispatched_total", labels: ["outcome"],
                "Dispatch messages by outcome: published, failed. A failed one stays due and is published again."),
            MetricDescription(
                .counter, "dispatch_turns_total", labels: ["lane"],
                "Held tasks whose dispatch message was published at their organisation's turn."),
            MetricDescription(
                .gauge, "dispatch_window_messages", labels: ["lane"],
                "Dispatch messages of a lane that are kept with the broker while tasks of the lane are held."),
            MetricDescription(
                .gauge, "dispatch_held_organisations", labels: ["lane"],
                "Organisations with held tasks, as far as this process knows."),
            MetricDescription(.counter, "redispatched_total", "Tasks whose dispatch message was overdue and was published again."),
            MetricDescription(.counter, "lost_leases_total", "Leases that expired because their worker had stopped or stalled."),
            MetricDescription(
                .counter, "event_publications_total",
                "Batches of task events published; changes that are close together share a batch."),
            MetricDescription(
                .gauge, "publish_backlog", labels: ["kind"], "Items waiting in this process to be published: dispatch, event."),
            MetricDescription(
                .counter, "events_republished_total", "Final events that were still due and were published again, with backoff."),
            MetricDescription(
                .counter, "dead_letters_total", labels: ["outcome"],
                "Dead letters by outcome: published, failed. A failed one stays due and is published again."),
            MetricDescription(
                .counter, "removals_total", labels: ["outcome"], "Removals of the objects of deleted tasks, by outcome: removed, failed."),
            MetricDescription(
                .gauge, "dispatcher_failing_tasks", labels: ["step"],
                "Tasks at which a dispatcher step keeps failing and is retried with backoff: publish_events, remove_deleted."),
            MetricDescription(
                .gauge, "orphaned_tasks",
                "Orphans at the last sweep that listed the objects: task ids that have objects but no document in the task database."),
            MetricDescription(.counter, "orphans_removed_total", "Orphans whose objects have been removed."),
            MetricDescription(
                .gauge, "orphan_collection_blocked", labels: ["reason"],
                "1 if the last sweep was blocked by unknown_share (too many orphans), installation (database and "
                    + "blob store belong to different installations) or older_database (a restored backup)."),
        ])

    static let webhooks = Group(
        title: "Webhooks", origin: "api",
        metrics: [
            MetricDescription(
                .counter, "webhook_attempts_total", labels: ["outcome"],
                "Delivery attempts by outcome: delivered, retried (another attempt follows), failed (no further attempt)."),
            MetricDescription(
                .histogram, "webhook_attempt_duration_seconds", "Time from the name lookup to the end of the response."),
            MetricDescription(
                .histogram, "webhook_first_attempt_latency_seconds", buckets: waitBuckets,
                "Time from an event to the first attempt of its delivery, by the database's clock."),
            MetricDescription(.gauge, "webhook_attempts_in_flight", "Attempts in progress in this process."),
            MetricDescription(
                .counter, "webhook_endpoints_disabled_total", "Webhooks disabled: they responded with 410, or failed for 5 days."),
            MetricDescription(
                .counter, "webhook_deliveries_abandoned_total",
                "Deliveries abandoned because their webhook had more than `PIXELFLOW_WEBHOOK_PENDING`."),
        ])

    static let sources = Group(
        title: "Sources", origin: "worker",
        metrics: [
            MetricDescription(.counter, "source_bytes_total", labels: ["source"], "Bytes of sources read, by origin: upload, url."),
            MetricDescription(
                .histogram, "source_fetch_duration_seconds", labels: ["outcome"],
                "Duration of fetching a source by URL. outcome is ok or the error code."),
        ])

    static let rendering = Group(
        title: "Rendering", origin: "worker",
        metrics: [
            MetricDescription(
                .histogram, "render_duration_seconds", labels: ["format"],
                "Time that a render process takes for all outputs of a task, by source format."),
            MetricDescription(
                .counter, "outputs_total", labels: ["format", "status"], "Outputs by format and status: completed, failed."),
            MetricDescription(.counter, "output_bytes_total", labels: ["format"], "Bytes of outputs stored."),
            MetricDescription(.counter, "render_processes_started_total", "Render processes started."),
            MetricDescription(
                .counter, "render_processes_ended_total", labels: ["reason"],
                "Render processes ended: recycled, tenant_changed, cancelled, timed_out, crashed, killed (from outside), "
                    + "out_of_memory, closed (with the worker)."),
        ])
}
