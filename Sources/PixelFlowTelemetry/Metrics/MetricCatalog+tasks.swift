import Prometheus

extension MetricCatalog {
    static let tasks = Group(
        title: "Tasks", origin: "api (created, cancelled) and worker",
        metrics: [
            MetricDescription(
                .counter, "tasks_created_total", labels: ["source"], "Tasks accepted, by where the image comes from: upload, url."),
            MetricDescription(
                .counter, "tasks_finished_total", labels: ["status", "error_code"],
                "Tasks that reached COMPLETED, FAILED or CANCELLED. error_code is empty unless FAILED, other for a rare code."),
            MetricDescription(
                .histogram, "task_queue_latency_seconds", buckets: waitBuckets,
                "From when a task could first run, or run again, to its claim by a worker; by the database's clock."),
            MetricDescription(
                .histogram, "task_duration_seconds", labels: ["status"], buckets: waitBuckets,
                "From the creation of a task to its final status; by the database's clock."),
            MetricDescription(
                .counter, "task_retries_total", labels: ["reason"],
                "Runs that ended with the task going back to PENDING: transient, outage, crash, killed, interrupted."),
            MetricDescription(
                .counter, "task_results_discarded_total", "Results that came after their claim had been lost, and were removed."),
            MetricDescription(
                .counter, "tasks_claimed_by_poll_total",
                "Tasks that an idle worker took from the database because their dispatch message did not come: the broker is away or regroups."
            ),
            MetricDescription(.gauge, "worker_slots", "Tasks that the worker may have in hand at a time."),
            MetricDescription(.gauge, "worker_slots_busy", "Tasks that the worker has in hand."),
        ])

    static let dispatch = Group(
        title: "Dispatch", origin: "api and worker",
        metrics: [
            MetricDescription(
                .counter, "dispatched_total", labels: ["outcome"],
                "Dispatch messages handed to the broker: published, failed. What has failed stays due and is sent again."),
            MetricDescription(.counter, "redispatched_total", "Tasks whose dispatch message was overdue and was sent again."),
            MetricDescription(.counter, "lost_leases_total", "Leases that ran out because their worker was gone or held up."),
            MetricDescription(
                .counter, "event_publications_total",
                "Times that changes of tasks were published; changes that come close together share one."),
            MetricDescription(
                .gauge, "publish_backlog", labels: ["kind"], "What waits in this process to be published: dispatch, event."),
            MetricDescription(
                .counter, "events_resent_total", "Events of final tasks that were still due and were sent again, ever more rarely."),
            MetricDescription(
                .counter, "dead_letters_total", labels: ["outcome"],
                "Failed tasks handed to the dead-letter topic: published, failed. What has failed stays due and is sent again."),
            MetricDescription(
                .counter, "removals_total", labels: ["outcome"], "Deleted tasks whose objects were removed: removed, failed."),
            MetricDescription(
                .gauge, "dispatcher_failing_tasks", labels: ["step"],
                "Tasks that fail and are tried again ever more rarely: publish_events, remove_deleted."),
            MetricDescription(
                .gauge, "orphaned_tasks", "Tasks that have objects and that the task database did not know at the last sweep."),
            MetricDescription(.counter, "orphans_removed_total", "Unknown tasks whose objects a sweep has removed."),
            MetricDescription(
                .gauge, "orphan_collection_blocked", labels: ["reason"],
                "1 where the last sweep removed nothing because of unknown_share (too much is unknown), installation (database and "
                    + "blob store do not belong together) or older_database (a backup)."),
        ])

    static let sources = Group(
        title: "Sources", origin: "worker",
        metrics: [
            MetricDescription(.counter, "source_bytes_total", labels: ["source"], "Bytes of sources read: upload, url."),
            MetricDescription(
                .histogram, "source_fetch_duration_seconds", labels: ["outcome"],
                "How long it took to fetch a source by its URL. outcome is ok or the code of the error."),
        ])

    static let rendering = Group(
        title: "Rendering", origin: "worker",
        metrics: [
            MetricDescription(
                .histogram, "render_duration_seconds", labels: ["format"],
                "Time in the render process for all outputs of a task, by the format of the source."),
            MetricDescription(
                .counter, "outputs_total", labels: ["format", "status"], "Outputs, by their format: completed, failed."),
            MetricDescription(.counter, "output_bytes_total", labels: ["format"], "Bytes of the outputs stored."),
            MetricDescription(.counter, "render_processes_started_total", "Render processes started."),
            MetricDescription(
                .counter, "render_processes_ended_total", labels: ["reason"],
                "Render processes ended: recycled, tenant_changed, cancelled, timed_out, crashed, killed (from outside), "
                    + "out_of_memory, closed (with the worker)."),
        ])
}
