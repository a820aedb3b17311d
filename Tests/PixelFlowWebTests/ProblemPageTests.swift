import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RawHTTP
import Testing
import WireFormats

/// Problems as people see them who open an address in a browser.
@Suite struct ProblemPageTests {
    /// What a browser sends for a page.
    private static let browser = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8")
    private static let html = "text/html; charset=utf-8"

    private static func refusal(_ status: HTTPResponse.Status, _ detail: String) -> Response {
        let body: JSONValue = [
            "title": .string(status.reasonPhrase), "status": .integer(status.code), "code": "c", "detail": .string(detail),
        ]
        var response = json(status, body.text())
        response.headers[.contentType] = "application/problem+json"
        return response
    }

    private static let auth: Routes = { router in
        router.get("/unsubscribe") { request, _ in
            refusal(.notFound, request.uri.queryParameters["token"] == nil ? "No token." : "The link has <expired> & \"ended\".")
        }
        router.head("/unsubscribe") { _, _ in refusal(.notFound, "").createHeadResponse() }
        router.post("/unsubscribe") { _, _ in refusal(.notFound, "The link has expired.") }
        router.get("/keys") { _, _ in refusal(.unprocessableContent, String(repeating: "long ", count: 2_000)) }
        router.get("/sessions") { _, _ in json(.ok, "{}") }
    }

    @Test func aBrowserGetsAPageOfTheSameStatus() async throws {
        try await withWebStack { stack in
            let json = try await stack.send(.get, "/nope")
            let page = try await stack.send(.get, "/nope", headers: [Self.browser])
            #expect(json.status == 404 && page.status == 404)
            #expect(page.headers["content-type"] == Self.html)
            #expect(page.body.hasPrefix("<!doctype html>"))
            for part in ["<h1>Not Found</h1>", "There is no resource at this path.", #"<a href="/">"#, "<title>Not Found"] {
                #expect(page.body.contains(part), "\(part)")
            }
            #expect(!page.body.contains("style"), "which the policy of the response would block")
            #expect(json.headers["content-type"] == "application/problem+json")
            for name in ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control", "vary"] {
                #expect(page.headers[name] != nil && page.headers[name] == json.headers[name], "\(name)")
            }
            #expect(page.headers["vary"] == "Accept")
            #expect(page.headers["x-request-id"] != nil)
        }
    }

    @Test func theTextOfAServiceBehindIsShownAndEscaped() async throws {
        try await withWebStack(auth: Self.auth) { stack in
            let page = try await stack.send(.get, "/auth/unsubscribe?token=a", headers: [Self.browser])
            #expect(page.status == 404 && page.headers["content-type"] == Self.html)
            #expect(page.body.contains("<p>The link has &lt;expired&gt; &amp; &quot;ended&quot;.</p>"))
            #expect(page.headers["vary"] == "Cookie, Accept")
            let form = try await stack.send(
                .post, "/auth/unsubscribe?token=a", headers: [Self.browser, ("content-type", "application/x-www-form-urlencoded")],
                body: .bytes(ByteBuffer(string: "a=b")))
            #expect(form.status == 404 && form.body.contains("<p>The link has expired.</p>"))
            let long = try await stack.send(.get, "/auth/keys", headers: [Self.browser])
            #expect(long.status == 422 && long.body.contains("<h1>Unprocessable Content</h1>") && !long.body.contains("long long"))
        }
    }

    @Test func errorsOfWebItselfBecomePages() async throws {
        try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:1") { stack in
            let down = try await stack.send(.get, "/api/tasks", headers: [Self.browser])
            #expect(down.status == 503 && down.headers["content-type"] == Self.html && down.headers["retry-after"] == "5")
            let method = try await stack.send(.post, "/", headers: [Self.browser])
            #expect(method.status == 405 && method.headers["content-type"] == Self.html && method.headers["allow"] == "GET, HEAD")
        }
    }

    @Test(arguments: ["/nope", "/auth/unsubscribe?token=a"])
    func headHasTheHeaderOfThePageAndNoBody(path: String) async throws {
        try await withWebStack(auth: Self.auth) { stack in
            let page = try await stack.send(.get, path, headers: [Self.browser])
            // The second response shows that the first one has no body.
            let client = try await RawConnection.open(port: stack.port)
            let head = "HEAD \(path) HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n"
            try await client.send("\(head)\r\n\(head)Connection: close\r\n\r\n")
            let responses = try await client.replyUntilClosed().components(separatedBy: "HTTP/1.1 404 Not Found\r\n")
            try #require(responses.count == 3 && responses[0].isEmpty)
            for response in responses.dropFirst() {
                let lines = response.lowercased().split(separator: "\r\n")
                #expect(lines.contains("content-type: text/html; charset=utf-8"))
                #expect(lines.contains("content-length: \(page.body.utf8.count)"))
                #expect(response.hasSuffix("\r\n\r\n") && !response.contains("<"))
            }
        }
    }

    @Test(
        arguments: [
            (nil, false), ("*/*", false), ("application/json", false), ("text/html, application/json", false),
            ("text/html;q=0.5, application/problem+json", false), ("image/webp,*/*", false), ("text/html;q=0", false),
            ("text/html;q=x", false), ("text/event-stream", false),
            ("text/html", true), ("TEXT/HTML", true), ("text/*", true), ("text/html;level=1;q=0.9, application/json ; q=0.8", true),
            ("text/html, */*;q=0.1", true), ("application/json;q=0.1, text/html;q=0.2", true),
        ] as [(String?, Bool)])
    func thePreferenceDecides(accept: String?, isPage: Bool) async throws {
        try await withWebStack { stack in
            let response = try await stack.send(.get, "/nope", headers: accept.map { [("accept", $0)] } ?? [])
            #expect(response.status == 404)
            #expect(response.headers["content-type"] == (isPage ? Self.html : "application/problem+json"))
            #expect(response.headers["vary"] == "Accept")
        }
    }

    @Test func otherResponsesStayAsTheyAre() async throws {
        try await withWebStack(auth: Self.auth) { stack in
            let response = try await stack.send(.get, "/auth/sessions", headers: [Self.browser])
            #expect(response.status == 200 && response.body == "{}")
            #expect(response.headers["content-type"] == "application/json" && response.headers["vary"] == "Cookie")
            let page = try await stack.send(.get, "/", headers: [Self.browser])
            #expect(page.status == 200 && page.headers["vary"]?.contains("Accept,") != true)
        }
    }
}
