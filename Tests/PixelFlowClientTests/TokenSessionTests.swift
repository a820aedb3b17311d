import Foundation
import PixelFlowClient
import RawHTTP
import Synchronization
import Testing

@Suite struct TokenSessionTests {
    /// A store in memory.
    private final class Store: SessionStore {
        private let kept: Mutex<SessionTokens>

        init(_ tokens: SessionTokens) { kept = Mutex(tokens) }

        func tokens() -> SessionTokens { kept.withLock { $0 } }

        func replace(_ tokens: SessionTokens) { kept.withLock { $0 = tokens } }

        func keep(_ login: Login) { kept.withLock { $0 = SessionTokens(token: login.token, refreshToken: login.refreshToken) } }
    }

    private static let presets = #"{"presets":[]}"#

    /// Takes `new` alone, and trades `refresh-1` for it.
    private static func response(_ request: ScriptedServer.Request, code: String = "token_expired") -> [ScriptedServer.Step] {
        if request.path == "/auth/token" {
            guard request.body.contains("refresh-1") else { return .response(401, #"{"code":"refresh_token_invalid"}"#) }
            return .response(200, #"{"token":"new","expires_in":60,"refresh_token":"refresh-2"}"#)
        }
        return request.headers["authorization"] == "Bearer new" ? .response(200, presets) : .response(401, #"{"code":"\#(code)"}"#)
    }

    @Test(arguments: ["token_expired", "token_revoked"]) func renewsAnInvalidToken(code: String) async throws {
        try await ScriptedServer.run { request, _ in
            Self.response(request, code: code)
        } _: { client, server in
            var client = client
            let store = Store(SessionTokens(token: "old", refreshToken: "refresh-1"))
            client.sessions = TokenSession(store)
            let presets = try await client.presets()
            #expect(presets.isEmpty)
            #expect(store.tokens() == SessionTokens(token: "new", refreshToken: "refresh-2"))
            #expect(server.requests.map(\.path) == ["/api/presets", "/auth/token", "/api/presets"])
            #expect(server.requests[1].headers["authorization"] == nil)
        }
    }

    @Test func renewsOnceForAllRequests() async throws {
        try await ScriptedServer.run { request, _ in
            Self.response(request)
        } _: { client, server in
            var renewing = client
            renewing.sessions = TokenSession(Store(SessionTokens(token: "old", refreshToken: "refresh-1")))
            let shared = renewing
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await shared.presets() } }
                try await group.waitForAll()
            }
            #expect(server.requests.filter { $0.path == "/auth/token" }.count == 1)
        }
    }

    /// A token of an organisation, as far as a client reads it.
    private static func token(_ organisation: String, _ number: Int) -> String {
        "e30.\(Data(#"{"tenant":"\#(organisation)","jti":"\#(number)"}"#.utf8).base64EncodedString()).x"
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test func failsOnceAnotherProcessHasSwitchedTheOrganisation() async throws {
        try await ScriptedServer.run { _, _ in
            .response(200, Self.presets)
        } _: { client, server in
            let store = Store(SessionTokens(token: Self.token("ada", 1), refreshToken: nil))
            var own = client
            own.sessions = TokenSession(store)
            _ = try await own.presets()
            store.replace(SessionTokens(token: Self.token("ada", 2), refreshToken: nil))
            _ = try await own.presets()
            store.replace(SessionTokens(token: Self.token("works", 3), refreshToken: nil))
            let expected = ClientError.otherOrganisation(expected: "ada", found: "works")
            await #expect(throws: expected) { try await own.presets() }
            #expect(server.requests.count == 2, "nothing was sent to the other organisation")
            // A command that begins now is one of the other organisation.
            var next = client
            next.sessions = TokenSession(store)
            _ = try await next.presets()
            #expect(server.requests.count == 3)
        }
    }

    @Test func failsIfARenewalIsForAnotherOrganisation() async throws {
        try await ScriptedServer.run { request, _ in
            request.path == "/auth/token"
                ? .response(200, #"{"token":"\#(Self.token("works", 2))","expires_in":60,"refresh_token":"refresh-2"}"#)
                : .response(401, #"{"code":"token_expired"}"#)
        } _: { client, server in
            let store = Store(SessionTokens(token: Self.token("ada", 1), refreshToken: "refresh-1"))
            var client = client
            client.sessions = TokenSession(store)
            let expected = ClientError.otherOrganisation(expected: "ada", found: "works")
            let renewing = client
            await #expect(throws: expected) { try await renewing.presets() }
            #expect(store.tokens().token == Self.token("works", 2), "kept for the other process")
            #expect(server.requests.map(\.path) == ["/api/presets", "/auth/token"])
        }
    }

    @Test func reportsThatTheSessionHasEnded() async throws {
        try await ScriptedServer.run { request, _ in
            Self.response(request)
        } _: { client, _ in
            var client = client
            client.sessions = TokenSession(Store(SessionTokens(token: "old", refreshToken: "spent")))
            let problem = await #expect(throws: Problem.self) { try await client.presets() }
            #expect(problem?.code == "refresh_token_invalid")
            client.sessions = TokenSession(Store(SessionTokens(token: "old", refreshToken: nil)))
            await #expect(throws: ClientError.noRefreshToken) { try await client.presets() }
        }
    }

    @Test func leavesOtherRefusalsToTheCaller() async throws {
        try await ScriptedServer.run { request, _ in
            Self.response(request, code: "token_invalid")
        } _: { client, server in
            var client = client
            client.sessions = TokenSession(Store(SessionTokens(token: "old", refreshToken: "refresh-1")))
            let problem = await #expect(throws: Problem.self) { try await client.presets() }
            #expect(problem?.code == "token_invalid")
            #expect(server.requests.count == 1)
        }
    }
}
