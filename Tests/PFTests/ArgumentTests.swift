import Foundation
import StubService
import Terminal
import TerminalTesting
import Testing

/// Objects on the command line.
@Suite struct ArgumentTests {
    private static let id = FakeData.doneID

    /// What `-o name` prints.
    @Test(
        arguments: [
            ("tasks show task/\(id)", "GET /api/tasks/\(id)"), ("tasks rm task/\(id)", "DELETE /api/tasks/\(id)"),
            ("tasks replay task/\(id)", "POST /api/tasks/\(id)/replay"), ("tasks cancel task/\(id)", "POST /api/tasks/\(id)/cancel"),
            ("outputs get task/\(id) --output FOLDER/out", "GET /api/tasks/\(id)"),
            ("tasks ls --batch batch/\(FakeData.batchID)", "GET /api/tasks?batch=\(FakeData.batchID)&limit=50"),
            ("keys revoke key/k1", "DELETE /auth/keys/k1"), ("presets show preset/mine", "GET /api/presets/mine"),
            ("presets rm preset/mine", "DELETE /api/presets/mine"),
            ("presets put preset/mine FOLDER/pipeline.json", "PUT /api/presets/mine"),
        ])
    func takesTheNamesThatItPrints(command: String, request: String) async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(command.split(separator: " ").map(String.init))
            #expect(server.service.lines.first == request, "\(outcome.errors)")
        }
    }

    @Test func whatAListPrintsCanBeShown() async throws {
        try await FakeServer.run { server in
            let names = await server.pf(["tasks", "ls", "-o", "name"]).output.split(separator: "\n").map(String.init)
            #expect(names.count == 3)
            let removed = await server.pf(["tasks", "rm"] + names + ["-o", "name"])
            #expect(removed.status == .ok && removed.output.split(separator: "\n").map(String.init) == names, "\(removed.errors)")
        }
    }

    @Test func uploadsWithThePrintedNameOfAPreset() async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(["upload", "FOLDER/a.png", "--preset", "preset/web"])
            #expect(outcome.status == .ok, "\(outcome.errors)")
            let body = server.service.calls.first { $0.path == "/api/upload" }?.body ?? ""
            #expect(body.contains("web") && !body.contains("preset/web"))
        }
    }

    @Test(
        arguments: [
            (["tasks", "show", ""], "error: '' is not the id of any task\n"),
            (["tasks", "show", "task/"], "error: 'task/' is not the id of any task\n"),
            (["tasks", "show", "key/a"], "error: 'key/a' is not the id of any task\n"),
            (["tasks", "show", "a/b"], "error: 'a/b' is not the id of any task\n"),
            (["tasks", "show", "task/task/a"], "error: 'task/task/a' is not the id of any task\n"),
            (["tasks", "show", ".."], "error: '..' is not the id of any task\n"),
            (["tasks", "rm", id, "a b"], "error: 'a b' is not the id of any task\n"),
            (["tasks", "ls", "--batch", "a/b"], "error: 'a/b' is not the id of any batch\n"),
            (["outputs", "get", "a/b"], "error: 'a/b' is not the id of any task\n"),
            (["presets", "rm", ""], "error: '' is not the name of any preset\n"),
            (["upload", "FOLDER/a.png", "--preset", "a/b"], "error: 'a/b' is not the name of any preset\n"),
            (["keys", "revoke", "key/"], "error: 'key/' is not the id of any key\n"),
        ])
    func refusesWhatCannotBeAnID(arguments: [String], errors: String) async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(arguments)
            #expect(outcome.status == .usage)
            #expect(outcome.errors == errors)
            #expect(server.service.lines.isEmpty)
        }
    }

    @Test func usesAnOrganisationByItsPrintedName() async throws {
        try await FakeServer.run { server in
            #expect(await server.pf(["login", "--email", "ada@example.com"], [:]).status == .ok)
            let outcome = await server.pf(["orgs", "use", "organisation/\(FakeData.teamID)"], [:])
            #expect(outcome.output == "organisation/\(FakeData.teamID) is in use\n", "\(outcome.errors)")
            #expect(server.service.calls.last?.body.contains(#""organisation":"\#(FakeData.teamID)""#) == true)
            let refused = await server.pf(["orgs", "use", "organisation/"], [:])
            #expect(refused.status == .usage && refused.errors == "error: 'organisation/' is not the id of any organisation\n")
        }
    }

    @Test func knowsTheStatuses() async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(["tasks", "ls", "--status", "bogus"])
            #expect(outcome.status == .usage)
            #expect(outcome.errors.contains("PENDING") && outcome.errors.components(separatedBy: "bogus").count == 2, "\(outcome.errors)")
            #expect(server.service.lines.isEmpty)
        }
    }

    @Test(arguments: [
        ("search must be short.", "error: search must be short. (invalid_parameter)\n"),
        ("It must be short.", "error: search: It must be short. (invalid_parameter)\n"),
    ])
    func namesTheFieldOnce(detail: String, errors: String) async throws {
        try await FakeServer.run { _ in
            (422, #"{"title":"Unprocessable Content","detail":"\#(detail)","field":"search","code":"invalid_parameter"}"#)
        } _: { server in
            let outcome = await server.pf(["tasks", "ls", "--search", "x"])
            #expect(outcome.status == .failed && outcome.errors == errors)
        }
    }
}
