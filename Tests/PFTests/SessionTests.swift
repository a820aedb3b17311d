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
}
