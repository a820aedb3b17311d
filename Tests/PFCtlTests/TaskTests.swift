import Foundation
import KubernetesClient
import PFCtl
import StubService
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct TaskTests {
    private static func task(_ id: String, _ status: String) -> String {
        let error = status == "FAILED" ? #","error":{"code":"not_an_image","message":"This is not an image."}"# : ""
        return """
            {"id":"\(id)","status":"\(status)","image_url":"https://images.example/\(id).png","attempts":2,"progress":1,\
            "outputs":[{"name":"image","status":"COMPLETED","format":"webp","width":80,"height":60,"bytes":1500}],\
            "history":[{"at":"2026-05-01T11:00:00Z","status":"PENDING","reason":"created","generation":1}],\
            "created_at":"2026-05-01T11:00:00Z","updated_at":"2026-05-01T11:30:00Z"\(error)}
            """
    }

    /// Three tasks: `gone` does not exist, `done` cannot be changed. The list of failed tasks has two pages.
    private static let api: StubService.Responder = { call in
        guard call.authorization == "Bearer good" else { return (401, #"{"detail":"The token is not valid.","code":"token_invalid"}"#) }
        switch (call.method, call.path) {
        case ("GET", let path) where path.hasPrefix("/api/tasks?"):
            if path.contains("cursor=next") { return (200, #"{"tasks":[\#(task("f2", "FAILED"))]}"#) }
            if path.contains("status=FAILED") { return (200, #"{"tasks":[\#(task("f1", "FAILED"))],"next_cursor":"next"}"#) }
            return (200, #"{"tasks":[\#(task("done", "COMPLETED")),\#(task("f1", "FAILED"))]}"#)
        case (_, let path) where path.contains("gone"): return (404, #"{"detail":"The task does not exist.","code":"task_unknown"}"#)
        case ("POST", "/api/tasks/done/cancel"): return (409, #"{"detail":"The task is final.","code":"task_is_final"}"#)
        case ("DELETE", _): return (204, "")
        case ("GET", "/api/tasks/done"): return (200, task("done", "COMPLETED"))
        case ("GET", _): return (200, task("f1", "FAILED"))
        default: return (202, task("f1", "PENDING"))
        }
    }

    private static func run(_ body: @Sendable (FakePixelFlow, StubService) async throws -> Void) async throws {
        try await StubService.run("api", port: 8_080, api, body)
    }

    private static let token = ["PFCTL_TOKEN": "good"]

    /// Numbers that do not fit.
    @Test(arguments: ["1e300", "-1e300"]) func showsATaskWithAnyNumbers(progress: String) async throws {
        let respond: StubService.Responder = { _ in
            let task = Self.task("done", "PROCESSING")
            return (
                200,
                task.replacing(#""progress":1"#, with: #""progress":\#(progress)"#).replacing("1500", with: "9223372036854775807")
            )
        }
        try await StubService.run("api", port: 8_080, respond) { stand, _ in
            let outcome = await stand.pfctl("tasks", "show", "done", environment: Self.token)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output.contains(progress.hasPrefix("-") ? "0 %" : "100 %"), "\(outcome.output)")
        }
    }

    @Test func listsTasksInEveryFormat() async throws {
        try await Self.run { pixelflow, api in
            let table = await pixelflow.pfctl("tasks", "ls", environment: Self.token)
            #expect(table.status == .ok, "\(table.errors)")
            #expect(
                table.output == """
                    ID    STATUS     ATTEMPTS  AGE  SOURCE
                    done  COMPLETED         2  60m  https://images.example/done.png
                    f1    FAILED            2  60m  https://images.example/f1.png

                    """)
            #expect(await pixelflow.pfctl("tasks", "ls", "-o", "name", environment: Self.token).output == "task/done\ntask/f1\n")
            let json = try JSONValue(
                parsing: Array(await pixelflow.pfctl("tasks", "ls", "-o", "json", environment: Self.token).output.utf8))
            #expect(json["tasks"]?[1]?["error"]?["code"] == "not_an_image")
            #expect(await pixelflow.pfctl("tasks", "ls", "-o", "yaml", environment: Self.token).output.contains("not_an_image"))
            _ = await pixelflow.pfctl("tasks", "ls", "--status", "processing", "--search", "a b&c", "--limit", "7", environment: Self.token)
            #expect(api.lines.last == "GET /api/tasks?status=PROCESSING&search=a%20b%26c&limit=7")
        }
    }

    @Test func waitsForeverIfTheTimeoutIsZero() async throws {
        try await Self.run { pixelflow, _ in
            let outcome = await pixelflow.pfctl("tasks", "ls", "--request-timeout", "0", "-o", "name", environment: Self.token)
            #expect(outcome.output == "task/done\ntask/f1\n", "\(outcome.errors)")
        }
    }

    @Test func reportsProgressMadeBeforeAFailure() async throws {
        let api: StubService.Responder = { call in
            call.path.contains("first") ? (202, Self.task("first", "CANCELLED")) : (403, #"{"detail":"Not now."}"#)
        }
        try await StubService.run("api", port: 8_080, api) { pixelflow, _ in
            let outcome = await pixelflow.pfctl("tasks", "cancel", "first", "second", "third", environment: Self.token)
            #expect(outcome.status == .unreachable)
            #expect(outcome.output == "task/first cancelled\n")
        }
    }

    @Test func succeedsIfNothingHasFailed() async throws {
        try await StubService.run("api", port: 8_080, { _ in (200, #"{"tasks":[]}"#) }) { pixelflow, _ in
            for arguments in [["dlq", "ls"], ["dlq", "replay", "--all"], ["dlq", "purge", "--all"]] {
                let outcome = await pixelflow.pfctl(arguments, console: nil, environment: Self.token)
                #expect(outcome.status == .ok)
                #expect(outcome.output == "no task has failed\n")
            }
        }
    }

    @Test func showsATask() async throws {
        try await Self.run { pixelflow, _ in
            let outcome = await pixelflow.pfctl("tasks", "show", "f1", environment: Self.token)
            for part in ["FAILED", "not_an_image: This is not an image.", "webp 80×60, 2 kB", "60m ago", "PENDING"] {
                #expect(outcome.output.contains(part))
            }
            let unknown = await pixelflow.pfctl("tasks", "show", "gone", environment: Self.token)
            #expect(unknown.status == .failed)
            #expect(unknown.errors.contains("The task does not exist. (task_unknown)"))
            #expect(await pixelflow.pfctl("dlq", "show", "f1", environment: Self.token).status == .ok)
            #expect(await pixelflow.pfctl("dlq", "show", "done", environment: Self.token).status == .failed)
        }
    }

    @Test func changesPossibleTasksAndReportsTheOthers() async throws {
        try await Self.run { pixelflow, api in
            let outcome = await pixelflow.pfctl("tasks", "cancel", "done", "f1", environment: Self.token)
            #expect(outcome.status == .failed)
            #expect(outcome.output == "task/f1 cancelled\n")
            #expect(outcome.errors.contains("task/done: the service returned an error: The task is final. (task_is_final)"))
            #expect(await pixelflow.pfctl("tasks", "replay", "f1", environment: Self.token).output == "task/f1 replayed\n")
            #expect(api.lines == ["POST /api/tasks/done/cancel", "POST /api/tasks/f1/cancel", "POST /api/tasks/f1/replay"])
        }
    }

    @Test func listsReplaysAndPurgesFailedTasks() async throws {
        try await Self.run { pixelflow, api in
            let list = await pixelflow.pfctl("dlq", "ls", "--limit", "0", environment: Self.token)
            #expect(
                list.output == """
                    ID  FAILED  ATTEMPTS  CODE          MESSAGE
                    f1     30m         2  not_an_image  This is not an image.
                    f2     30m         2  not_an_image  This is not an image.

                    """)
            #expect(
                await pixelflow.pfctl("dlq", "replay", "--all", environment: Self.token).output == "task/f1 replayed\ntask/f2 replayed\n")
            #expect(await pixelflow.pfctl("dlq", "purge", "f1", environment: Self.token).output == "task/f1 purged\n")
            #expect(api.lines.filter { $0.hasPrefix("DELETE") } == ["DELETE /api/tasks/f1"])
            #expect(await pixelflow.pfctl("dlq", "purge", "done", environment: Self.token).status == .failed)
            #expect(api.lines.filter { $0.hasPrefix("DELETE") }.count == 1, "only failed tasks are dead letters")
        }
    }

    @Test(arguments: ["client", "server"]) func changesNothingInADryRun(kind: String) async throws {
        try await Self.run { pixelflow, api in
            let replay = await pixelflow.pfctl("dlq", "replay", "--all", "--dry-run", kind, environment: Self.token)
            #expect(replay.output.contains(kind == "client" ? "task/f2 replayed (dry run)" : "task/f2 replayed (server dry run)"))
            let cancel = await pixelflow.pfctl("tasks", "cancel", "done", "--dry-run", kind, environment: Self.token)
            #expect(cancel.status == (kind == "client" ? .ok : .failed), "only the server knows that it is final")
            #expect(api.calls.allSatisfy { $0.method == "GET" })
        }
    }

    @Test func asksForATokenAndReportsARefusal() async throws {
        try await Self.run { pixelflow, _ in
            let none = await pixelflow.pfctl("tasks", "ls", environment: ["XDG_CONFIG_HOME": pixelflow.folder])
            #expect(none.status == .unreachable)
            #expect(none.errors.contains("hint: run pfctl login"))
            let wrong = await pixelflow.pfctl("tasks", "ls", "--token", "bad", environment: Self.token)
            #expect(wrong.status == .unreachable)
            #expect(wrong.errors.contains("rejected the token"))
            #expect(!wrong.errors.contains("bad"))
        }
    }

    @Test(arguments: [["dlq", "replay"], ["dlq", "purge", "f1", "--all"], ["tasks", "cancel"], ["tasks", "ls", "--status", "LOST"]])
    func refusesInvalidArguments(arguments: [String]) async throws {
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl(arguments, console: nil, environment: Self.token).status == .usage)
        }
    }

    @Test func takesTheNamesThatItPrints() async throws {
        try await Self.run { pixelflow, api in
            for arguments in [["tasks", "show", "task/f1"], ["dlq", "show", "task/f1"]] {
                let outcome = await pixelflow.pfctl(arguments, console: nil, environment: Self.token)
                #expect(outcome.status == .ok, "\(outcome.errors)")
            }
            #expect(await pixelflow.pfctl("tasks", "cancel", "task/f1", environment: Self.token).output == "task/f1 cancelled\n")
            #expect(await pixelflow.pfctl("dlq", "replay", "task/f1", environment: Self.token).output == "task/f1 replayed\n")
            #expect(await pixelflow.pfctl("dlq", "purge", "task/f1", environment: Self.token).output == "task/f1 purged\n")
            #expect(api.lines.allSatisfy { $0.contains("/api/tasks/f1") })
        }
    }

    @Test(arguments: [
        ["tasks", "show", ""], ["tasks", "cancel", "f1", "a/b"], ["tasks", "replay", "task/"], ["dlq", "show", "key/f1"],
        ["dlq", "purge", "f1", ".."],
    ])
    func refusesWhatCannotBeAnID(arguments: [String]) async throws {
        try await Self.run { pixelflow, api in
            let outcome = await pixelflow.pfctl(arguments, console: nil, environment: Self.token)
            #expect(outcome.status == .usage)
            #expect(outcome.errors == "error: '\(arguments.last ?? "")' is not the id of any task\n")
            #expect(api.lines.isEmpty)
        }
    }
}
