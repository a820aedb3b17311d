import StubService

/// The responses of the services in the scenario.
enum ScenarioService {
    private static let failedTask = "019706d2-7c3e-7000-8000-00000000000c"
    private static let finalTask = "019706d2-7c3e-7000-8000-00000000000a"

    static func respond(_ call: StubService.Call, isHealthy: Bool) -> (status: Int, body: String) {
        if ["/operator/", "/keys", "/audit", "/api/organisations/"].contains(where: call.path.hasPrefix) {
            return TeamService.respond(call)
        }
        return switch (call.method, call.path) {
        case ("GET", "/readyz"):
            isHealthy
                ? (200, #"{"status":"ok","checks":{"blob_store":"ok","task_database":"ok"}}"#)
                : (503, #"{"status":"unavailable","checks":{"blob_store":"ok","task_database":"failed"}}"#)
        case ("POST", "/login"): (200, #"{"token":"good","token_type":"Bearer","expires_in":3600}"#)
        case ("GET", "/api/stats"): (200, stats)
        case ("GET", let path) where path.contains("status=FAILED"): (200, #"{"tasks":[\#(failed),\#(late)]}"#)
        case ("GET", let path) where path.hasPrefix("/api/tasks?"):
            (200, #"{"tasks":[\#(waiting),\#(running),\#(failed),\#(late),\#(done)]}"#)
        case ("GET", "/api/tasks/\(finalTask)"): (200, done)
        case ("GET", _): (200, failed)
        case ("POST", "/api/tasks/\(finalTask)/cancel"): (409, #"{"detail":"The task is final.","code":"task_is_final"}"#)
        case ("DELETE", _): (204, "")
        default: (202, running)
        }
    }

    /// If there are problems, the third of the four partitions has no owner.
    static func metrics(ofWorker index: Int, isHealthy: Bool) -> String {
        let held = [[0, 3], [1], isHealthy ? [2] : []][index]
        let samples = held.flatMap { number in
            let labels = #"{topic="image-tasks",partition="\#(number)"}"#
            let (committed, lag) = (1_200 + number * 37, isHealthy ? 0 : number * 41)
            return [
                "kafka_consumer_lag\(labels) \(lag)", "kafka_committed_offset\(labels) \(committed)",
                "kafka_end_offset\(labels) \(committed + lag)",
            ]
        }
        return (samples + [#"tasks_finished_total{status="COMPLETED",error_code=""} 480"#]).joined(separator: "\n") + "\n"
    }

    private static let stats = """
        {"counts":{"PENDING":12,"PROCESSING":3,"COMPLETED":480,"FAILED":2,"CANCELLED":1},
        "throughput":{"completed_last_minute":60,"completed_last_hour":410},
        "failures":{"not_an_image":1,"source_timeout":1},"oldest_pending_seconds":4.5}
        """

    private static let done = task(
        finalTask, "COMPLETED", #""image_url":"https://images.example/holiday/2026/05/beach-at-sunset-panorama.png","attempts":1"#,
        created: "11:20", updated: "11:21")
    private static let failed = task(
        failedTask, "FAILED",
        #"""
        "upload":{"filename":"notes.txt"},"attempts":3,"preset":"web","progress":0.5,"started_at":"2026-05-01T11:30:02Z",
        "error":{"code":"not_an_image","message":"The bytes are of no image format that PixelFlow reads: text/plain."},
        "source":{"format":"jpeg","width":1600,"height":900,"bytes":120400},
        "outputs":[{"name":"image","status":"COMPLETED","format":"webp","width":800,"height":450,"bytes":41200},
        {"name":"thumbnail","status":"FAILED","error":{"code":"render_failed","message":"The render process ended before its time."}}],
        "history":[{"at":"2026-05-01T11:30:00Z","status":"PENDING","reason":"created","generation":1},
        {"at":"2026-05-01T11:30:02Z","status":"PROCESSING","reason":"claimed by a worker","generation":1},
        {"at":"2026-05-01T11:45:00Z","status":"FAILED","reason":"not_an_image","generation":1}]
        """#, created: "11:30", updated: "11:45")
    private static let late = task(
        "019706d2-7c3e-7000-8000-00000000000b", "FAILED",
        #""image_url":"https://slow.example/a.jpg","attempts":5,"error":{"code":"source_timeout","message":"No response within 30 s."}"#,
        created: "09:10", updated: "09:30")
    private static let running = task(
        "019706d2-7c3e-7000-8000-00000000000d", "PROCESSING", #""image_url":"https://images.example/b.avif","attempts":1"#,
        created: "11:59", updated: "11:59")
    private static let waiting = task(
        "019706d2-7c3e-7000-8000-00000000000e", "PENDING",
        #""upload":{"filename":"DSC_0042 with a rather long name of its own.jpg"},"attempts":0"#, created: "11:59", updated: "11:59")

    private static func task(_ id: String, _ status: String, _ more: String, created: String, updated: String) -> String {
        """
        {"id":"\(id)","status":"\(status)",\(more),"created_at":"2026-05-01T\(created):00Z","updated_at":"2026-05-01T\(updated):00Z"}
        """
    }
}
