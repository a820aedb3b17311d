import Conformance
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import PixelFlowHTTP
import PixelFlowWeb
import Synchronization
import Testing
import WireFormats

@Suite struct SessionTests {
    @Test func signsInWithoutShowingTheToken() async throws {
        try await withWebStack { stack in
            let response = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
            #expect(response.status == 200)
            #expect(response.body.contains("ada@example.org"))
            #expect(!response.body.contains(StubAuth.token))
            let cookie = try #require(response.headers["set-cookie"])
            #expect(cookie.hasPrefix("pixelflow_session=\(StubAuth.token);"))
            for flag in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=3600"] { #expect(cookie.contains(flag)) }
            #expect(!cookie.contains("Secure"))
        }
    }

    @Test func cookieIsSecureBehindHTTPS() async throws {
        try await withWebStack { stack in
            let response = try await stack.sendJSON(.post, "/session", StubAuth.credentials, headers: [("x-forwarded-proto", "https")])
            let cookie = try #require(response.headers["set-cookie"])
            #expect(cookie.hasPrefix("__Host-pixelflow_session="))
            #expect(cookie.contains("Secure"))
        }
    }

    @Test func registersAndSignsIn() async throws {
        try await withWebStack { stack in
            let response = try await stack.sendJSON(.post, "/session/register", StubAuth.credentials)
            #expect(response.status == 201)
            #expect(response.headers["set-cookie"]?.contains(StubAuth.token) == true)
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
            let response = try await stack.sendJSON(.post, path, body)
            #expect(response.status == status)
            #expect(response.body.contains("\"\(code)\""))
            #expect(response.headers["set-cookie"] == nil)
            #expect(response.headers["retry-after"] == (status == 429 ? "7" : nil))
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
            let response = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
            let cookie = try #require(response.cookies.first { $0.hasPrefix("pixelflow_refresh=\(StubAuth.refreshToken);") })
            for flag in ["HttpOnly", "SameSite=Strict", "Path=/session"] { #expect(cookie.contains(flag)) }
            #expect(!response.body.contains(StubAuth.refreshToken))
        }
    }

    /// Browsers keep it as long as they can, because auth knows how long a session may be unused.
    @Test func browsersKeepTheRefreshToken() async throws {
        try await withWebStack { stack in
            let response = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
            let cookie = try #require(response.cookies.first { $0.hasPrefix("pixelflow_refresh=") })
            #expect(cookie.contains("Max-Age=34560000"))
        }
    }

    /// The old refresh token is spent, and auth ends a session whose spent token is sent again.
    @Test(arguments: [(503, "database_unavailable"), (429, "rate_limited"), (200, "nonsense")])
    func keepsTheNewCookiesIfTheAccountCannotBeRead(status: Int, code: String) async throws {
        let auth: Routes = { router in
            for path in ["/login", "/token"] {
                router.post(RouterPath(path)) { _, _ in
                    json(.ok, #"{"token":"fresh","token_type":"Bearer","expires_in":60,"refresh_token":"next"}"#)
                }
            }
            router.post("/register") { _, _ in json(.created, #"{"id":"u1"}"#) }
            router.get("/validate") { _, _ in problem(.init(code: status), code) }
        }
        try await withWebStack(auth: auth) { stack in
            let cookie = [("cookie", "pixelflow_refresh=r"), ("origin", stack.origin)]
            for response in [
                try await stack.send(.get, "/session", headers: cookie),
                try await stack.sendJSON(.post, "/session", StubAuth.credentials),
                try await stack.sendJSON(.post, "/session/register", StubAuth.credentials),
            ] {
                #expect(response.status == (status == 200 ? 500 : status))
                #expect(response.cookies.map { $0.prefix { $0 != ";" } } == ["pixelflow_session=fresh", "pixelflow_refresh=next"])
            }
        }
    }

    @Test func passesOnTheRateLimitsOfAuth() async throws {
        let fields: HTTPFields = [.rateLimit: #""sign-in";r=0;t=9"#, .rateLimitPolicy: #""sign-in";q=10;w=60"#]
        let auth: Routes = { router in
            router.post("/login") { request, _ in
                let body = String(buffer: try await request.body.collect(upTo: 4096))
                return body.contains("slow@")
                    ? problem(.tooManyRequests, "rate_limited", headers: fields)
                    : json(.ok, #"{"token":"t","token_type":"Bearer","expires_in":60}"#, headers: fields)
            }
            router.get("/validate") { _, _ in
                json(.ok, #"{"user_id":"u1","email":"a@example.org","tenant":"t1","expires_at":"2030-01-01T00:00:00Z"}"#)
            }
        }
        try await withWebStack(auth: auth) { stack in
            let refused = try await stack.sendJSON(.post, "/session", #"{"email":"slow@example.org","password":"p"}"#)
            let accepted = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
            #expect(refused.status == 429 && accepted.status == 200)
            for response in [refused, accepted] {
                #expect(response.headers["ratelimit"] == #""sign-in";r=0;t=9"#)
                #expect(response.headers["ratelimit-policy"] == #""sign-in";q=10;w=60"#)
            }
        }
    }

    /// Each problem that auth describes, at each request that web makes for one of a browser.
    @Test func declaresTheProblemsOfAuth() async throws {
        let undeclared = UndeclaredProblems()
        let turn = Mutex(("", Described(status: 0, code: "")))
        let auth: Routes = { router in
            @Sendable func respond(_ path: String, _ text: String) -> Response {
                let (failing, found) = turn.withLock { $0 }
                return failing == path ? problem(.init(code: found.status), found.code) : json(.ok, text)
            }
            let token = #"{"token":"fresh","token_type":"Bearer","expires_in":60,"refresh_token":"next"}"#
            router.post("/login") { _, _ in respond("/login", token) }
            router.post("/token") { _, _ in respond("/token", token) }
            router.post("/register") { _, _ in respond("/register", #"{"id":"u1"}"#) }
            router.post("/logout") { _, _ in respond("/logout", "{}") }
            router.get("/validate") { request, _ in
                if request.headers[.authorization] == "Bearer old" { return problem(.unauthorized, "token_expired") }
                return respond(
                    "/validate", #"{"user_id":"u1","email":"a@example.org","tenant":"t1","expires_at":"2030-01-01T00:00:00Z"}"#)
            }
        }
        try await withWebStack(auth: auth, logger: undeclared.logger) { stack in
            let cookies = [("cookie", "pixelflow_session=old; pixelflow_refresh=r"), ("origin", stack.origin)]
            for path in ["/login", "/token", "/register", "/logout", "/validate"] {
                let problems = try Described.all(of: path)
                #expect(problems.count > 10)
                for found in problems {
                    turn.withLock { $0 = (path, found) }
                    // Without a body, and without an organisation, the others cannot happen.
                    if ![404, 409, 413, 415, 422].contains(found.status), !["invalid_json", "upload_aborted"].contains(found.code) {
                        _ = try await stack.send(.get, "/session", headers: cookies)
                    }
                    _ = try await stack.send(.get, "/session", headers: [("cookie", "pixelflow_session=t")])
                    _ = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
                    _ = try await stack.sendJSON(.post, "/session/register", StubAuth.credentials)
                    _ = try await stack.sendJSON(.post, "/session/organisation", #"{"organisation":"t2"}"#, headers: cookies)
                    _ = try await stack.send(.delete, "/session", headers: cookies)
                }
            }
        }
        #expect(undeclared.all == [])
    }

    /// A problem in the description of auth.
    private struct Described: Sendable {
        let status: Int
        let code: String

        static func all(of path: String) throws -> [Described] {
            let file = URL(filePath: #filePath).appending(path: "../../../docs/openapi/auth.json").standardized
            let document = try JSONValue(parsing: Data(contentsOf: file))
            let operations = document["paths"]?[path]?.objectValue?.values.flatMap { $0["responses"]?.objectValue ?? [:] } ?? []
            return operations.flatMap { status, response in
                let name = response["$ref"]?.stringValue?.split(separator: "/").last.map(String.init)
                let response = name.flatMap { document["components"]?["responses"]?[$0] } ?? response
                let schemas = response["content"]?["application/problem+json"]?["schema"]?["allOf"]?.arrayValue ?? []
                return schemas.flatMap { $0["properties"]?["code"]?["enum"]?.arrayValue ?? [] }.compactMap { code in
                    code.stringValue.map { Described(status: Int(status) ?? 0, code: $0) }
                }
            }
        }
    }

    @Test(arguments: ["pixelflow_session=old; ", ""])
    func renewsAnExpiredToken(token: String) async throws {
        try await withWebStack { stack in
            let cookie = "\(token)pixelflow_refresh=\(StubAuth.refreshToken)"
            let response = try await stack.send(.get, "/session", headers: [("cookie", cookie)])
            #expect(response.status == 200)
            #expect(response.cookies.contains { $0.hasPrefix("pixelflow_session=\(StubAuth.token);") })
            #expect(response.cookies.contains { $0.hasPrefix("pixelflow_refresh=next;") })
            let spent = try await stack.send(.get, "/session", headers: [("cookie", "\(token)pixelflow_refresh=spent")])
            #expect(spent.status == 401)
            #expect(spent.body.contains("session_missing"))
        }
    }

    @Test func switchesTheOrganisation() async throws {
        try await withWebStack { stack in
            let headers = [("cookie", "pixelflow_session=\(StubAuth.token)"), ("origin", stack.origin)]
            let response = try await stack.sendJSON(.post, "/session/organisation", #"{"organisation":"t2"}"#, headers: headers)
            #expect(response.status == 200)
            #expect(response.cookies.contains { $0.hasPrefix("pixelflow_session=\(StubAuth.token);") })
            let foreign = try await stack.sendJSON(.post, "/session/organisation", #"{"organisation":"t3"}"#, headers: headers)
            #expect(foreign.status == 404)
        }
    }

    @Test(arguments: [StubAuth.token, "old"])
    func signOutEndsTheSessionAndDeletesBothCookies(token: String) async throws {
        try await withWebStack { stack in
            let response = try await stack.send(
                .delete, "/session", headers: [("cookie", "pixelflow_session=\(token)"), ("origin", stack.origin)])
            #expect(response.status == 204)
            #expect(response.cookies.map { $0.prefix { $0 != ";" } } == ["pixelflow_session=", "pixelflow_refresh="])
            #expect(response.cookies.allSatisfy { $0.contains("Max-Age=0") })
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
                let response = try await stack.send(.delete, "/session", headers: [("cookie", cookie), ("origin", stack.origin)])
                #expect(response.status == 204)
                #expect(response.cookies.count == 2 && response.cookies.allSatisfy { $0.contains("Max-Age=0") })
            }
        }
        #expect(ended.withLock { $0 } == ["Bearer old", "Bearer fresh", "Bearer fresh"])
    }

    @Test func signOutDeletesTheCookies() async throws {
        try await withWebStack { stack in
            let response = try await stack.send(
                .delete, "/session", headers: [("cookie", "pixelflow_session=\(StubAuth.token)"), ("origin", stack.origin)])
            #expect(response.status == 204)
            let cookie = try #require(response.headers["set-cookie"])
            #expect(cookie.hasPrefix("pixelflow_session=;"))
            #expect(cookie.contains("Max-Age=0"))
        }
    }

    @Test func reportsThatAuthIsDown() async throws {
        try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:1") { stack in
            let response = try await stack.sendJSON(.post, "/session", StubAuth.credentials)
            #expect(response.status == 503)
            #expect(response.body.contains("auth_unavailable"))
        }
    }
}
