import NIOCore
import PixelFlowCore
import PixelFlowFetch
import Testing

@Suite struct RedirectTests {
    /// Counts down: `/5` redirects to `/4`, and `/0` is the image.
    static let countdown: TestServer.Answer = { request, channel in
        let left = Int(request.path.dropFirst()) ?? 0
        if left == 0 { channel.answer(body: "image") } else { channel.redirect(to: "/\(left - 1)") }
    }

    @Test(arguments: [(0, "ok"), (1, "ok"), (5, "ok"), (6, "too_many_redirects permanent"), (100, "too_many_redirects permanent")])
    func fiveAreFollowed(count: Int, expected: String) async throws {
        try await TestServer.run(answer: Self.countdown) { server in
            #expect(await outcome(of: server.url("/\(count)")) == expected)
            #expect(server.requests.count == min(count, 5) + 1)
        }
    }

    @Test(arguments: ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"])
    func everyKindIsFollowed(status: String) async throws {
        let answer: TestServer.Answer = { request, channel in
            if request.path == "/end" { channel.answer(body: "image") } else { channel.redirect(to: "/end", status: status) }
        }
        try await TestServer.run(answer: answer) { server in #expect(await outcome(of: server.url("/start")) == "ok") }
    }

    @Test(arguments: [
        ("http://10.0.0.1/", "address_blocked permanent"), ("http://169.254.169.254/latest", "address_blocked permanent"),
        ("//192.168.0.1/x", "address_blocked permanent"), ("http://[::1]/", "address_blocked permanent"),
        ("http://inside.example/", "address_blocked permanent"), ("file:///etc/passwd", "url_invalid permanent"),
        ("ftp://host/x", "url_invalid permanent"), ("http://user:pass@127.0.0.1/", "url_invalid permanent"),
        ("http://127.1/", "url_invalid permanent"),
        ("gopher:x", "url_invalid permanent"), ("http://[", "url_invalid permanent"),
        ("http://nowhere.example/", "name_not_resolved permanent"),
    ])
    func badTargets(location: String, expected: String) async throws {
        let resolver = FixedResolver(["inside.example": [["10.1.1.1"]]])
        try await TestServer.run(answer: { _, channel in channel.redirect(to: location) }) { server in
            #expect(await outcome(of: server.url(), resolver: resolver) == expected)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [
        ("/abs?x=1", "/abs?x=1"), ("next", "/a/b/next"), ("./next", "/a/b/next"), ("../next", "/a/next"), ("../../../next", "/next"),
        ("?q", "/a/b/c?q"),
        (".", "/a/b/"), ("..", "/a/"), ("/x/./y/../z", "/x/z"), ("next#frag", "/a/b/next"), ("a:b/c", ""), ("./a:b", "/a/b/a:b"),
        ("/ü", "/%C3%BC"),
    ])
    func relativeTargets(location: String, path: String) async throws {
        let answer: TestServer.Answer = { request, channel in
            if request.path == "/a/b/c?d=/e/f" { channel.redirect(to: location) } else { channel.answer() }
        }
        try await TestServer.run(answer: answer) { server in
            let result = await outcome(of: server.url("/a/b/c?d=/e/f"))
            #expect(result == (path.isEmpty ? "url_invalid permanent" : "ok"))
            if !path.isEmpty { #expect(server.requests.last?.path == path) }
        }
    }

    @Test func aRedirectWithoutALocationIsARefusal() async throws {
        try await TestServer.run(answer: { _, channel in channel.answer("302 Found") }) { server in
            #expect(await outcome(of: server.url()) == "source_refused permanent")
        }
    }
}
