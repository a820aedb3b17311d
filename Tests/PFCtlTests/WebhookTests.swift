import PFCtl
import StubService
import Terminal
import TerminalTesting
import Testing

@Suite struct WebhookTests {
    private static let id = "019706d2-7c3e-7000-8000-0000000000a1"
    private static let webhook = """
        {"id":"\(id)","url":"https://example.com/hook","events":["task.completed","task.failed"],"description":"shop","enabled":true,
        "failing_since":"2026-05-01T11:00:00Z","created_at":"2026-04-20T12:00:00Z","updated_at":"2026-04-20T12:00:00Z"}
        """

    private static func delivery(_ name: String, _ state: String, _ attempt: String) -> String {
        """
        {"id":"msg_\(name)","event":"task.failed","state":"\(state)","event_at":"2026-05-01T11:58:00Z","created_at":"2026-05-01T11:58:00Z",
        "attempts":[{"at":"2026-05-01T11:58:00Z","duration_ms":12,\(attempt),"answer":""}]}
        """
    }

    private static func run(_ body: @Sendable (FakePixelFlow, StubService) async throws -> Void) async throws {
        let path = "/api/webhooks/\(id)"
        try await StubService.run("api", port: 8_080) { call in
            guard call.authorization == "Bearer good" else { return (401, #"{"detail":"No.","code":"token_invalid"}"#) }
            switch (call.method, call.path) {
            case ("GET", "/api/webhooks"): return (200, #"{"webhooks":[\#(webhook)]}"#)
            case ("GET", "\(path)/deliveries?state=failed&limit=50"):
                return (
                    200, #"{"deliveries":[\#(delivery("one", "failed", #""status":500"#))],"next_cursor":"next"}"#
                )
            case ("GET", "\(path)/deliveries?state=failed&limit=49&cursor=next"):
                return (200, #"{"deliveries":[\#(delivery("two", "failed", #""error":"timeout""#))],"next_cursor":null}"#)
            case ("POST", "\(path)/replay"):
                return (202, call.body.contains("msg_one") ? #"{"replayed":1}"# : #"{"replayed":0}"#)
            default: return (404, #"{"detail":"There is no such resource.","code":"not_found"}"#)
            }
        } _: { pixelflow, api in
            try await body(pixelflow, api)
        }
    }

    @Test func listsWebhooks() async throws {
        try await Self.run { pixelflow, _ in
            let outcome = await pixelflow.pfctl(["webhooks", "ls"], console: nil, width: 160, environment: TeamService.environment)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            for text in [Self.id, "failing", "https://example.com/hook", "task.completed task.failed"] {
                #expect(outcome.output.contains(text), "\(outcome.output)")
            }
        }
    }

    @Test func listsDeliveriesPageByPage() async throws {
        try await Self.run { pixelflow, api in
            let arguments = ["webhooks", "deliveries", Self.id, "--state", "failed"]
            let outcome = await pixelflow.pfctl(arguments, console: nil, width: 160, environment: TeamService.environment)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            for text in ["msg_one", "500", "msg_two", "timeout"] { #expect(outcome.output.contains(text), "\(outcome.output)") }
            #expect(api.calls.count == 2)
        }
    }

    @Test func replaysNamedDeliveriesExceptInADryRun() async throws {
        try await Self.run { pixelflow, api in
            let environment = TeamService.environment
            let dry = await pixelflow.pfctl(
                ["webhooks", "replay", Self.id, "msg_one", "--dry-run", "client"], console: nil, environment: environment)
            #expect(dry.status == .ok && dry.output.contains("1 delivery replayed"), "\(dry.errors)")
            #expect(api.calls.isEmpty)
            let one = await pixelflow.pfctl(["webhooks", "replay", Self.id, "msg_one"], console: nil, environment: environment)
            #expect(one.output == "1 delivery replayed\n", "\(one.errors)")
            #expect(api.calls.last?.body == #"{"delivery":"msg_one"}"#)
            let since = await pixelflow.pfctl(
                ["webhooks", "replay", Self.id, "--since", "2026-05-01T00:00:00Z"], console: nil, environment: environment)
            #expect(since.output == "0 deliveries replayed\n", "\(since.errors)")
            #expect(api.calls.last?.body == #"{"since":"2026-05-01T00:00:00Z"}"#)
            #expect(await pixelflow.pfctl(["webhooks", "replay", Self.id], console: nil, environment: environment).status == .usage)
        }
    }

    @Test func takesTheNamesThatItPrints() async throws {
        try await Self.run { pixelflow, api in
            let environment = TeamService.environment
            let names = await pixelflow.pfctl(["webhooks", "ls", "-o", "name"], console: nil, environment: environment)
            #expect(names.output == "webhook/\(Self.id)\n", "\(names.errors)")
            let one = await pixelflow.pfctl(
                ["webhooks", "replay", "webhook/\(Self.id)", "delivery/msg_one"], console: nil, environment: environment)
            #expect(one.output == "1 delivery replayed\n", "\(one.errors)")
            #expect(api.calls.last?.body == #"{"delivery":"msg_one"}"#)
            for arguments in [["deliveries", ""], ["replay", Self.id, "a/b"], ["deliveries", "delivery/\(Self.id)"]] {
                let refused = await pixelflow.pfctl(["webhooks"] + arguments, console: nil, environment: environment)
                #expect(refused.status == .usage && refused.errors.contains("is not the id of any"), "\(arguments): \(refused.errors)")
            }
            #expect(api.calls.count == 2)
        }
    }
}
