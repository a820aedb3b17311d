import HTTPTypes
import Hummingbird
import PixelFlowWeb
import Synchronization
import Testing

@Suite struct SessionTests {
    @Test func signsInWithoutShowingTheToken() async throws {
        try await withWebStack { stack in
            let answer = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
            #expect(answer.status == 200)
            #expect(answer.body.contains("ada@example.org"))
            #expect(!answer.body.contains(StubAuth.token))
            let cookie = try #require(answer.headers["set-cookie"])
            #expect(cookie.hasPrefix("pixelflow_session=\(StubAuth.token);"))
            for flag in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=3600"] { #expect(cookie.contains(flag)) }
            #expect(!cookie.contains("Secure"))
        }
    }

    @Test func cookieIsSecureBehindHTTPS() async throws {
        try await withWebStack { stack in
            let answer = try await stack.sendJSON(.post, "/session", StubAuth.credentials, headers: [("x-forwarded-proto", "https")])
            let cookie = try #require(answer.headers["set-cookie"])
            #expect(cookie.hasPrefix("__Host-pixelflow_session="))
            #expect(cookie.contains("Secure"))
        }
    }

    @Test func registersAndSignsIn() async throws {
        try await withWebStack { stack in
            let answer = try await stack.sendJSON(.post, "/session/register", StubAuth.credentials)
            #expect(answer.status == 201)
            #expect(answer.headers["set-cookie"]?.contains(StubAuth.token) == true)
        }
    }

    @Test(arguments: [
        ("/session", #"{"email":"ada@example.org","password":"wrong"}"#, 401, "credentials_wrong"),
        ("/session", #"{"email":"slow@example.org","password":"correct horse"}"#, 429, "login_throttled"),
        ("/session", #"{"email":"ada@example.org"}"#, 422, "missing_value"),
        ("/session", "no json", 400, "invalid_json"),
        ("/session/register", #"{"email":"taken@example.org","password":"correct horse"}"#, 409, "email_taken"),
    ])
    func passesOnErrorsOfAuth(path: String, body: String, status: Int, code: String) async throws {
        try await withWebStack { stack in
            let answer = try await stack.sendJSON(.post, path, body)
            #expect(answer.status == status)
            #expect(answer.body.contains("\"\(code)\""))
            #expect(answer.headers["set-cookie"] == nil)
            #expect(answer.headers["retry-after"] == (status == 429 ? "7" : nil))
        }
    }

    @Test func reportsWhoIsSignedIn() async throws {
        try await withWebStack { stack in
            let known = try await stack.send(.get, "/session", headers: [("cookie", "pixelflow_session=\(StubAuth.token)")])
            #expect(known.status == 200)
            #expect(known.body.contains(#""email":"ada@example.org""#))
            #expect(!known.body.contains(StubAuth.token))
            let stranger = try await stack.send(.get, "/session")
            #expect(stranger.status == 401)
            #expect(stranger.body.contains("session_missing"))
            let expired = try await stack.send(.get, "/session", headers: [("cookie", "pixelflow_session=old")])
            #expect(expired.status == 401)
            #expect(expired.body.contains("session_missing"))
        }
    }

    @Test func refreshTokenIsSentToTheSessionOnly() async throws {
        try await withWebStack { stack in
            let answer = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
            let cookie = try #require(answer.cookies.first { $0.hasPrefix("pixelflow_refresh=\(StubAuth.refreshToken);") })
            for flag in ["HttpOnly", "SameSite=Strict", "Path=/session"] { #expect(cookie.contains(flag)) }
            #expect(!answer.body.contains(StubAuth.refreshToken))
        }
    }

    @Test(arguments: ["pixelflow_session=old; ", ""])
    func renewsAnExpiredToken(token: String) async throws {
        try await withWebStack { stack in
            let cookie = "\(token)pixelflow_refresh=\(StubAuth.refreshToken)"
            let answer = try await stack.send(.get, "/session", headers: [("cookie", cookie)])
            #expect(answer.status == 200)
            #expect(answer.cookies.contains { $0.hasPrefix("pixelflow_session=\(StubAuth.token);") })
            #expect(answer.cookies.contains { $0.hasPrefix("pixelflow_refresh=next;") })
            let spent = try await stack.send(.get, "/session", headers: [("cookie", "\(token)pixelflow_refresh=spent")])
            #expect(spent.status == 401)
            #expect(spent.body.contains("session_missing"))
        }
    }

    @Test func switchesTheOrganisation() async throws {
        try await withWebStack { stack in
            let headers = [("cookie", "pixelflow_session=\(StubAuth.token)"), ("origin", stack.origin)]
            let answer = try await stack.sendJSON(.post, "/session/organisation", #"{"organisation":"t2"}"#, headers: headers)
            #expect(answer.status == 200)
            #expect(answer.cookies.contains { $0.hasPrefix("pixelflow_session=\(StubAuth.token);") })
            let foreign = try await stack.sendJSON(.post, "/session/organisation", #"{"organisation":"t3"}"#, headers: headers)
            #expect(foreign.status == 404)
        }
    }

    @Test(arguments: [StubAuth.token, "old"])
    func signOutEndsTheSessionAndDeletesBothCookies(token: String) async throws {
        try await withWebStack { stack in
            let answer = try await stack.send(
                .delete, "/session", headers: [("cookie", "pixelflow_session=\(token)"), ("origin", stack.origin)])
            #expect(answer.status == 204)
            #expect(answer.cookies.map { $0.prefix { $0 != ";" } } == ["pixelflow_session=", "pixelflow_refresh="])
            #expect(answer.cookies.allSatisfy { $0.contains("Max-Age=0") })
        }
    }

    @Test func signOutEndsASessionWithAnExpiredToken() async throws {
        let ended = Mutex<[String?]>([])
        let auth: Routes = { router in
            router.post("/token") { _, _ in json(.ok, #"{"token":"fresh","token_type":"Bearer","expires_in":60}"#) }
            router.post("/logout") { request, _ in
                let token = request.headers[.authorization]
                ended.withLock { $0.append(token) }
                return token == "Bearer fresh" ? Response(status: .noContent) : problem(.unauthorized, "token_expired")
            }
        }
        try await withWebStack(auth: auth) { stack in
            for cookie in ["pixelflow_session=old; pixelflow_refresh=r", "pixelflow_refresh=r"] {
                let answer = try await stack.send(.delete, "/session", headers: [("cookie", cookie), ("origin", stack.origin)])
                #expect(answer.status == 204)
                #expect(answer.cookies.count == 2 && answer.cookies.allSatisfy { $0.contains("Max-Age=0") })
            }
        }
        #expect(ended.withLock { $0 } == ["Bearer old", "Bearer fresh", "Bearer fresh"])
    }

    @Test func signOutDeletesTheCookies() async throws {
        try await withWebStack { stack in
            let answer = try await stack.send(
                .delete, "/session", headers: [("cookie", "pixelflow_session=\(StubAuth.token)"), ("origin", stack.origin)])
            #expect(answer.status == 204)
            let cookie = try #require(answer.headers["set-cookie"])
            #expect(cookie.hasPrefix("pixelflow_session=;"))
            #expect(cookie.contains("Max-Age=0"))
        }
    }

    @Test func reportsThatAuthIsDown() async throws {
        try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:1") { stack in
            let answer = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
            #expect(answer.status == 503)
            #expect(answer.body.contains("auth_unavailable"))
        }
    }
}
