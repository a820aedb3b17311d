import Foundation
import PF
import StubService
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct SessionTests {
    private static func file(_ server: FakeServer) -> String { "\(server.folder)/.config/pixelflow/logins.json" }

    /// A login of a day ago.
    private static func store(_ server: FakeServer, refreshToken: String?) throws {
        let url = "http://127.0.0.1:\(server.service.port)"
        var login: [String: JSONValue] = ["token": "old", "email": "ada@example.com", "expires": 1_777_550_400]
        if let refreshToken { login["refreshToken"] = .string(refreshToken) }
        let json: JSONValue = ["server": .string(url), "logins": [url: .object(login)]]
        try FileManager.default.createDirectory(atPath: "\(server.folder)/.config/pixelflow", withIntermediateDirectories: true)
        try Data(json.text().utf8).write(to: URL(filePath: file(server)))
    }

    private static func kept(_ server: FakeServer, _ name: String) throws -> String? {
        let json = try JSONValue(parsing: Data(contentsOf: URL(filePath: file(server))))
        return json["logins"]?["http://127.0.0.1:\(server.service.port)"]?[name]?.stringValue
    }

    @Test func renewsAndStoresAnExpiredLogin() async throws {
        try await FakeServer.run { server in
            try Self.store(server, refreshToken: "refresh-1")
            let outcome = await server.pf(["presets", "ls", "-o", "name"], [:])
            #expect(outcome.output == "preset/web\npreset/mine\n", "\(outcome.errors)")
            #expect(server.service.lines == ["GET /api/presets", "POST /auth/token", "GET /api/presets"])
            let (token, refreshToken) = (try Self.kept(server, "token"), try Self.kept(server, "refreshToken"))
            #expect(token == "good")
            #expect(refreshToken == "refresh-2")
            _ = await server.pf(["presets", "ls"], [:])
            #expect(server.service.lines.count == 4, "the renewed token is used again")
        }
    }

    @Test func asksForALoginOnceTheSessionHasEnded() async throws {
        try await FakeServer.run { server in
            try Self.store(server, refreshToken: "spent")
            let ended = await server.pf(["presets", "ls"], [:])
            #expect(ended.status == .unreachable)
            #expect(ended.errors.contains("hint: log in again with pf login"))
            try Self.store(server, refreshToken: nil)
            let expired = await server.pf(["presets", "ls"], [:])
            #expect(expired.status == .unreachable)
            #expect(expired.errors.contains("has expired"))
        }
    }

    /// The format of the file, which earlier releases read as well.
    @Test func storesTheExpiryInSeconds() async throws {
        try await FakeServer.run { server in
            #expect(await server.pf(["login", "--email", "ada@example.com"], [:]).status == .ok)
            let json = try JSONValue(parsing: Data(contentsOf: URL(filePath: Self.file(server))))
            let login = json["logins"]?["http://127.0.0.1:\(server.service.port)"]
            #expect(login?["expires"] == .integer(Int(FakeServer.now.timeIntervalSince1970) + 3600))
            #expect(json["server"]?.stringValue == "http://127.0.0.1:\(server.service.port)")
        }
    }

    @Test func reportsWhatIsDoneBeforeAnErrorThatEndsTheCommand() async throws {
        let service = try await StubService.start { call in
            call.path.hasSuffix("/a") ? (204, "") : (401, #"{"detail":"The token is not valid.","code":"token_invalid"}"#)
        }
        try await FakeServer.run { server in
            let outcome = await server.pf(
                ["tasks", "rm", "a", "b", "c"], ["PIXELFLOW_TOKEN": "good", "PIXELFLOW_URL": "http://127.0.0.1:\(service.port)"])
            #expect(outcome.status == .unreachable)
            #expect(outcome.output == "task/a deleted\n")
            #expect(service.lines == ["DELETE /api/tasks/a", "DELETE /api/tasks/b"])
        }
        await service.stop()
    }

    @Test func endsTheSessionAtLogout() async throws {
        try await FakeServer.run { server in
            #expect(await server.pf(["login", "--email", "ada@example.com"], [:]).status == .ok)
            let outcome = await server.pf(["logout"], [:])
            #expect(outcome.status == .ok)
            #expect(outcome.errors.isEmpty)
            #expect(server.service.calls.last?.path == "/auth/logout")
            #expect(server.service.calls.last?.authorization == "Bearer good")
            let token = try Self.kept(server, "token")
            #expect(token == nil)
            let again = await server.pf(["logout"], [:])
            #expect(again.output == "no one was logged in to http://server\n")
            #expect(server.service.lines == ["POST /auth/login", "POST /auth/logout"])
        }
    }

    @Test func renewsAnExpiredTokenToEndTheSession() async throws {
        try await FakeServer.run { server in
            try Self.store(server, refreshToken: "refresh-1")
            let outcome = await server.pf(["logout"], [:])
            #expect(outcome.errors.isEmpty)
            #expect(server.service.lines == ["POST /auth/logout", "POST /auth/token", "POST /auth/logout"])
        }
    }

    /// The session has ended already, or its token has expired and cannot be renewed.
    @Test(arguments: ["spent", nil]) func logsOutOfAnEndedSessionSilently(refreshToken: String?) async throws {
        try await FakeServer.run { server in
            try Self.store(server, refreshToken: refreshToken)
            let outcome = await server.pf(["logout"], [:])
            #expect(outcome.status == .ok)
            #expect(outcome.errors.isEmpty)
            let token = try Self.kept(server, "token")
            #expect(token == nil)
        }
    }

    @Test func logsOutWithAWarningIfTheServerCannotBeReached() async throws {
        try await FakeServer.run { server in
            try Self.store(server, refreshToken: "refresh-1")
            await server.service.stop()
            let outcome = await server.pf(["logout"], [:])
            #expect(outcome.status == .ok)
            #expect(outcome.output == "ada@example.com is logged out of http://server\n")
            #expect(outcome.errors.hasPrefix("warning: the session at http://server has not been ended: "))
            let token = try Self.kept(server, "token")
            #expect(token == nil)
        }
    }

    @Test(arguments: [["login", "--email", "ada@example.com"], ["logout"], ["presets", "ls"], ["orgs", "use", FakeData.teamID]])
    func keepsAFileThatItCannotDecode(arguments: [String]) async throws {
        try await FakeServer.run { server in
            try Self.store(server, refreshToken: "refresh-1")
            let damaged = Data(#"{"logins":["#.utf8)
            try damaged.write(to: URL(filePath: Self.file(server)))
            let outcome = await server.pf(arguments, [:])
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("logins.json is damaged"), "\(outcome.errors)")
            let kept = try Data(contentsOf: URL(filePath: Self.file(server)))
            #expect(kept == damaged)
        }
    }

    /// Each server has its own entry, and all are in one file.
    @Test func concurrentLoginsKeepAllEntries() async throws {
        try await FakeServer.run { server in
            let urls = (0..<8).map { "http://127.0.0.1:\(server.service.port)/\($0)" }
            await withTaskGroup(of: Void.self) { group in
                for url in urls {
                    group.addTask {
                        let outcome = await server.pf(["login", url, "--email", "ada@example.com"], [:])
                        #expect(outcome.status == .ok, "\(outcome.errors)")
                    }
                }
            }
            let json = try JSONValue(parsing: Data(contentsOf: URL(filePath: Self.file(server))))
            let kept = urls.filter { json["logins"]?[$0] != nil }
            #expect(kept == urls)
        }
    }

    @Test func changesTheOrganisationOfTheLogin() async throws {
        try await FakeServer.run { server in
            #expect(await server.pf(["login", "--email", "ada@example.com"], [:]).status == .ok)
            let outcome = await server.pf(["orgs", "use", FakeData.teamID], [:])
            #expect(outcome.output == "organisation/\(FakeData.teamID) is in use\n", "\(outcome.errors)")
            let body = try JSONValue(parsing: Array((server.service.calls.last?.body ?? "").utf8))
            #expect(body == ["refresh_token": "refresh-1", "organisation": .string(FakeData.teamID)])
            let refreshToken = try Self.kept(server, "refreshToken")
            #expect(refreshToken == "refresh-2")
            let fixed = await server.pf(["orgs", "use", FakeData.teamID])
            #expect(fixed.status == .usage)
        }
    }

    @Test func aWrongPasswordIsNoReasonToLogInAgain() async throws {
        try await FakeServer.run { call in
            call.path == "/auth/login" ? (401, #"{"detail":"Address or password is wrong.","code":"credentials_invalid"}"#) : nil
        } _: { server in
            let outcome = await server.pf(["login", "--email", "ada@example.com"], [:])
            #expect(outcome.status == .unreachable)
            #expect(outcome.errors == "error: Address or password is wrong. (credentials_invalid)\n")
        }
    }

    /// The api's own port, a path below web, another web server, one that redirects, and a page.
    @Test(arguments: [
        (404, #"{"detail":"There is no resource at this path.","code":"route_not_found"}"#), (404, "<html>"), (405, "<html>"), (301, ""),
        (200, "<html>"),
    ])
    func saysThatThereIsNoPixelFlow(status: Int, body: String) async throws {
        try await FakeServer.run { _ in
            (status, body)
        } _: { server in
            let outcome = await server.pf(["login", "--email", "ada@example.com"], [:])
            #expect(outcome.status == .unreachable)
            #expect(outcome.errors.hasPrefix("error: there is no PixelFlow web service at http://server\nhint: "), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: Self.file(server)))
        }
    }

    @Test func aCommandWithAnotherURLHintsAtIt() async throws {
        try await FakeServer.run { _ in
            (404, #"{"detail":"There is no resource at this path.","code":"route_not_found"}"#)
        } _: { server in
            let outcome = await server.pf(["tasks", "ls"])
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("hint: is the URL of the server that of PixelFlow's web service?"), "\(outcome.errors)")
        }
    }

    @Test(
        arguments: [
            (["login", "http://ada:secret@127.0.0.1:9", "--email", "ada@example.com"], [:]),
            (["tasks", "ls", "--server", "https://ada@127.0.0.1:9"], [:]),
            (["tasks", "ls"], ["PIXELFLOW_URL": "http://ada:secret@127.0.0.1:9/"]),
            (["tasks", "ls"], ["PIXELFLOW_URL": "http://ada:%%@127.0.0.1:9/"]),
        ] as [([String], [String: String])])
    func refusesAUserNameInTheURL(arguments: [String], environment: [String: String]) async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(arguments, environment)
            #expect(outcome.status == .usage)
            #expect(outcome.errors.hasPrefix("error: the URL of a server has no user name and no password\n"), "\(outcome.errors)")
            #expect(!outcome.errors.contains("secret"))
        }
    }
}
