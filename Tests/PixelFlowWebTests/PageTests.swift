import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOHTTP1
import Testing

@Suite struct PageTests {
    @Test func servesThePageUnderAStrictPolicy() async throws {
        try await withWebStack { stack in
            let page = try await stack.send(.get, "/")
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["x-content-type-options"] == "nosniff")
            let policy = try #require(page.headers["content-security-policy"])
            #expect(policy.contains("default-src 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(page.body.hasPrefix("<!doctype html>"))
            // Nothing that the policy would block.
            #expect(!page.body.contains("style="))
            #expect(!page.body.contains("<style"))
            #expect(!page.body.contains(" on"))
        }
    }

    private static let types = ["js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"]

    @Test func theRoutesOfThePageServeThePage() async throws {
        try await withWebStack { stack in
            let page = try await stack.send(.get, "/").body
            for path in [
                "/overview", "/presets", "/presets/web", "/tasks/01890000-0000-7000-8000-000000000000", "/team", "/invite", "/reset",
                "/verify", "/keys",
                "/audit", "/account",
            ] {
                let view = try await stack.send(.get, path)
                #expect(view.status == 200)
                #expect(view.body == page)
                #expect(view.headers["content-security-policy"] != nil)
            }
        }
    }

    @Test func everyFileOfThePageExists() async throws {
        try await withWebStack { stack in
            let page = try await stack.send(.get, "/").body
            let paths = page.matches(of: /(?:src|href)="(\/[^"]+)"/).map { String($0.output.1) }
            #expect(paths.count >= 2)
            for path in paths {
                let file = try await stack.send(.get, path)
                #expect(file.status == 200)
                #expect(file.headers["content-type"]?.hasPrefix(Self.types[String(path.split(separator: ".").last ?? "")] ?? "-") == true)
            }
        }
    }

    @Test func aCachedPageIsNotModified() async throws {
        try await withWebStack { stack in
            let tag = try #require(try await stack.send(.get, "/").headers["etag"])
            let again = try await stack.send(.get, "/", headers: [("if-none-match", tag)])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            for known in ["W/" + tag, "\"other\", " + tag, "*"] {
                for method in [HTTPRequest.Method.get, .head] {
                    let response = try await stack.send(method, "/", headers: [("if-none-match", known)])
                    #expect(response.status == 304, "\(known)")
                    #expect(response.headers["etag"] == tag)
                    #expect(response.headers["cache-control"] == "no-cache")
                }
            }
            let other = try await stack.send(.get, "/", headers: [("if-none-match", "\"other\"")])
            #expect(other.status == 200)
            // An entity tag that only contains ours does not match it.
            #expect(try await stack.send(.get, "/", headers: [("if-none-match", "\"x" + tag.dropFirst())]).status == 200)
            #expect(try await stack.send(.get, "/", headers: [("if-match", "\"other\"")]).status == 412)
        }
    }

    @Test func aCompressedFileIsAnotherRepresentation() async throws {
        try await withWebStack { stack in
            let page = try await stack.send(.get, "/").body
            let path = try #require(page.firstMatch(of: /src="(\/[^"]+\.js)"/).map { String($0.output.1) })
            let plain = try #require(try await stack.send(.get, path).headers["etag"])
            let gzip: (String, String) = ("accept-encoding", "gzip")
            let compressed = try await stack.client.execute(stack.request(.head, path, headers: [gzip]), timeout: .seconds(20))
            #expect(compressed.headers.first(name: "content-encoding") == "gzip")
            let tag = try #require(compressed.headers.first(name: "etag"))
            #expect(tag != plain)
            #expect(try await stack.send(.get, path, headers: [gzip, ("if-none-match", tag)]).status == 304)
            #expect(try await stack.send(.head, path, headers: [gzip, ("if-none-match", plain)]).status == 200)
        }
    }

    @Test func aMissingFileIsAProblem() async throws {
        try await withWebStack { stack in
            let missing = try await stack.send(.get, "/nothing.js")
            #expect(missing.status == 404)
            #expect(missing.headers["content-type"] == "application/problem+json")
            let method = try await stack.send(.post, "/")
            #expect(method.status == 405)
            #expect(method.headers["allow"] == "GET, HEAD")
        }
    }

    /// A replica that can serve the page stays in its Service: the page itself shows people which service does not respond.
    @Test func isReadyWithoutUpstreamsAndNamesThemToOperatorsOnly() async throws {
        let livez: Routes = { $0.get("/livez") { _, _ in "ok" } }
        try await withWebStack(api: livez, isManagement: true) { stack in
            let ready = try await stack.send(.get, "/readyz")
            #expect(ready.status == 200)
            #expect(ready.body.contains(#""status":"degraded""#))
            #expect(ready.body.contains(#""auth":"failed""#))
            #expect(ready.body.contains(#""api":"ok""#))
        }
        try await withWebStack(api: livez) { stack in
            #expect(try await stack.send(.get, "/health").status == 200)
            let ready = try await stack.send(.get, "/readyz")
            #expect(ready.status == 200)
            #expect(ready.body == #"{"status":"degraded"}"#)
            #expect(try await stack.send(.get, "/").status == 200)
        }
    }
}
