import PF
import StubService
import Terminal
import TerminalTesting
import Testing

/// What is sent to save a preset.
@Suite struct PresetsTests {
    @Test(arguments: [
        ([], "PUT /api/presets/mine"), (["--priority", "low"], "PUT /api/presets/mine?priority=low"),
        (["--priority", "none"], "PUT /api/presets/mine?priority=none"),
    ])
    func thePriorityIsSentIfOneIsGiven(options: [String], request: String) async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(["presets", "put", "mine", "FOLDER/pipeline.json"] + options)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(server.service.lines == [request])
        }
    }

    @Test func anInvalidPriorityIsRefused() async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(["presets", "put", "mine", "FOLDER/pipeline.json", "--priority", "urgent"])
            #expect(outcome.status == .usage)
            #expect(outcome.errors.contains("urgent"))
            #expect(server.service.lines.isEmpty)
        }
    }
}
