import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import RawHTTP
import Testing

@Suite struct ProxyTests {
    /// Responds with the headers that arrived.
    private static let echo: Routes = { router in
        for method in [HTTPRequest.Method.get, .put] {
            router.on("/api/echo", method: method) { request, _ in
                let lines = request.headers.map { "\($0.name.canonicalName): \($0.value)" } + [request.uri.string]
                return Response(
                    status: .ok, headers: [.init("x-own")!: "kept", .init("keep-alive")!: "timeout=9", .eTag: "\"1\""],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: lines.joined(separator: "\n"))))
            }
        }
    }

    @Test func replacesTheCookieWithABearerToken() async throws {
        try await withWebStack(api: Self.echo) { stack in
            let response = try await stack.send(.get, "/api/echo", headers: [("cookie", "other=1; pixelflow_session=\(StubAuth.token)")])
            #expect(response.body.contains("authorization: Bearer \(StubAuth.token)"))
            #expect(!response.body.contains("cookie:"))
            let program = try await stack.send(
                .get, "/api/echo", headers: [("cookie", "pixelflow_session=\(StubAuth.token)"), ("authorization", "Bearer own")])
            #expect(program.body.contains("authorization: Bearer own"))
        }
    }

    @Test func forwardsEndToEndHeadersOnly() async throws {
        try await withWebStack(api: Self.echo) { stack in
            let response = try await stack.send(
                .get, "/api/echo?a=%2F&b=1",
                headers: [
                    ("x-request-id", "abc"), ("connection", "x-hop"), ("x-hop", "1"), ("te", "trailers"), ("accept-language", "de"),
                    ("x-forwarded-for", "203.0.113.9"),
                ])
            for line in ["x-request-id: abc", "accept-language: de", "x-forwarded-host: \(stack.authority)", "/api/echo?a=%2F&b=1"] {
                #expect(response.body.contains(line))
            }
            #expect(response.body.contains(/x-forwarded-for: 203\.0\.113\.9, [0-9a-f.:]+/))
            #expect(!response.body.contains("x-hop"))
            #expect(!response.body.contains("te:"))
            #expect(response.headers["x-request-id"] == "abc")
            #expect(response.headers["x-own"] == "kept")
            #expect(response.headers["keep-alive"] == nil)
        }
    }

    /// Browsers send some of these characters as they are.
    @Test(arguments: [
        (#"a=%7B"x":[1]}"#, "a=%7B%22x%22:%5B1%5D%7D"), ("a=%20b|c", "a=%20b%7Cc"), ("a=50%&b=%2D", "a=50%25&b=%2D"),
        ("a=100%+caf%C3%A9", "a=100%25+caf%C3%A9"),
    ])
    func forwardsTheMeaningOfAQuery(sent: String, forwarded: String) async throws {
        try await withWebStack(api: Self.echo) { stack in
            let client = try await RawConnection.open(port: stack.port)
            try await client.send("GET /api/echo?\(sent) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await client.replyUntilClosed().contains("/api/echo?\(forwarded)"))
        }
    }

    @Test func addsItselfToTheWayAndRefusesALoop() async throws {
        try await withWebStack(api: Self.echo) { stack in
            let response = try await stack.send(.get, "/api/echo", headers: [("via", "1.1 front")])
            #expect(response.body.contains("via: 1.1 front, 1.1 pixelflow-web"))
            let looped = try await stack.send(.get, "/api/echo", headers: [("via", "1.1 front, 1.1 pixelflow-web")])
            #expect(looped.status == 508)
            #expect(looped.body.contains("loop_detected"))
        }
    }

    /// RFC 9110, section 7.8: a server may ignore the field.
    @Test func ignoresAnUpgradeOfOrdinaryRequests() async throws {
        try await withWebStack(api: Self.echo) { stack in
            let client = try await RawConnection.open(port: stack.port)
            try await client.send(
                "GET /api/echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 200 OK"))
            #expect(!response.contains("\nupgrade:"))
        }
    }

    @Test func stripsThePrefixOfAuth() async throws {
        try await withWebStack { stack in
            let login = try await stack.sendJSON(.post, "/auth/login", StubAuth.credentials)
            #expect(login.status == 200)
            #expect(login.body.contains(StubAuth.token))
            #expect(try await stack.send(.get, "/auth/metrics").status == 404)
            #expect(try await stack.send(.get, "/auth/nothing").status == 404)
        }
    }

    @Test func supportsOneClickUnsubscribe() async throws {
        try await withWebStack { stack in
            let path = "/auth/unsubscribe?token=quota_warning.a.b.0123"
            let response = try await stack.send(
                .post, path, headers: [("content-type", "application/x-www-form-urlencoded")],
                body: .bytes(ByteBuffer(string: "List-Unsubscribe=One-Click")))
            #expect(response.status == 200 && response.body == "POST quota_warning.a.b.0123")
            let page = try await stack.send(.get, path)
            #expect(page.status == 200 && page.headers["content-security-policy"] == "default-src 'none'")
        }
    }

    @Test func forwardsRangesAndHeadRequests() async throws {
        let routes: Routes = { router in
            router.get("/api/output") { request, _ in
                guard request.headers[.range] == "bytes=2-4" else { return Response(status: .badRequest) }
                return Response(
                    status: .partialContent, headers: [.contentRange: "bytes 2-4/10", .contentType: "image/png"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: "234")))
            }
            router.head("/api/output") { _, _ in
                Response(status: .ok, headers: [.contentLength: "10", .contentType: "image/png"])
            }
            router.get("/api/fresh") { _, _ in Response(status: .notModified, headers: [.eTag: "\"1\""]) }
        }
        try await withWebStack(api: routes) { stack in
            let part = try await stack.send(.get, "/api/output", headers: [("range", "bytes=2-4")])
            #expect(part.status == 206)
            #expect(part.body == "234")
            #expect(part.headers["content-range"] == "bytes 2-4/10")
            #expect(part.headers["content-length"] == "3")
            let head = try await stack.send(.head, "/api/output")
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == "10")
            let fresh = try await stack.send(.get, "/api/fresh")
            #expect(fresh.status == 304)
            #expect(fresh.headers["etag"] == "\"1\"")
        }
    }

    @Test func anUnavailableUpstreamIsAProblem() async throws {
        try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:1") { stack in
            for (path, code) in [("/api/tasks", "api_unavailable"), ("/auth/validate", "auth_unavailable")] {
                let response = try await stack.send(.get, path)
                #expect(response.status == 503)
                #expect(response.headers["content-type"] == "application/problem+json")
                #expect(response.headers["retry-after"] == "5")
                #expect(response.body.contains(code))
            }
            // The response arrives during the upload: the upload continues until it has arrived.
            let (upload, more) = AsyncStream.makeStream(of: ByteBuffer.self)
            more.yield(ByteBuffer(repeating: 7, count: 1 << 20))
            let response = try await stack.send(.post, "/api/upload", body: .stream(upload, length: .known(4 << 20)))
            more.finish()
            #expect(response.status == 503)
            #expect(response.body.contains("api_unavailable"))
            #expect(try await stack.send(.get, "/health").status == 200)
        }
    }

    @Test func aTruncatedProblemIsReported() async throws {
        let routes: Routes = { router in
            router.get("/api/tasks") { _, _ in
                Response(
                    status: .contentTooLarge, headers: [.contentType: "application/problem+json", .contentLength: "100"],
                    body: ResponseBody { writer in
                        try await writer.write(ByteBuffer(string: "{\"code\":"))
                        throw CancellationError()
                    })
            }
        }
        try await withWebStack(api: routes) { stack in
            let response = try await stack.send(.get, "/api/tasks")
            #expect(response.status == 503)
            #expect(response.body.contains("api_unavailable"))
        }
    }
}
