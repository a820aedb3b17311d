import NIOCore
import PixelFlowCore
import PixelFlowFetch
import PixelFlowURL
import RawHTTP
import Testing

@Suite struct RedirectTests {
    /// Counts down: `/5` redirects to `/4`, and `/0` is the image.
    static let countdown: RawServer.Responder = { request, channel in
        let left = Int(request.path.dropFirst()) ?? 0
        if left == 0 { channel.respond(body: "image") } else { channel.redirect(to: "/\(left - 1)") }
    }

    @Test(arguments: [(0, "ok"), (1, "ok"), (5, "ok"), (6, "too_many_redirects permanent"), (100, "too_many_redirects permanent")])
    func atMostFiveRedirectsAreFollowed(count: Int, expected: String) async throws {
        try await RawServer.run(respond: Self.countdown) { server in
            #expect(await outcome(of: server.url("/\(count)")) == expected)
            #expect(server.requests.count == min(count, 5) + 1)
        }
    }

    @Test(arguments: ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"])
    func everyKindIsFollowed(status: String) async throws {
        let respond: RawServer.Responder = { request, channel in
            if request.path == "/end" { channel.respond(body: "image") } else { channel.redirect(to: "/end", status: status) }
        }
        try await RawServer.run(respond: respond) { server in #expect(await outcome(of: server.url("/start")) == "ok") }
    }

    @Test(arguments: [
        ("http://10.0.0.1/", "address_blocked permanent"), ("http://169.254.169.254/latest", "address_blocked permanent"),
        ("//192.168.0.1/x", "address_blocked permanent"), ("http://[::1]/", "address_blocked permanent"),
        ("http://inside.example/", "address_blocked permanent"), ("file:///etc/passwd", "url_invalid permanent"),
        ("ftp://host/x", "url_invalid permanent"), ("http://user:pass@127.0.0.1/", "url_invalid permanent"),
        ("http://10.1/", "address_blocked permanent"), ("http://xn--a/", "url_invalid permanent"),
        ("gopher:x", "url_invalid permanent"), ("http://[", "url_invalid permanent"),
        ("http://nowhere.example/", "name_not_resolved permanent"),
    ])
    func invalidTargetFails(location: String, expected: String) async throws {
        let resolver = FixedResolver(["inside.example": [["10.1.1.1"]]])
        try await RawServer.run(respond: { _, channel in channel.redirect(to: location) }) { server in
            #expect(await outcome(of: server.url(), resolver: resolver) == expected)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [
        ("/abs?x=1", "/abs?x=1"), ("next", "/a/b/next"), ("./next", "/a/b/next"), ("../next", "/a/next"), ("../../../next", "/next"),
        ("?q", "/a/b/c?q"),
        (".", "/a/b/"), ("..", "/a/"), ("/x/./y/../z", "/x/z"), ("next#frag", "/a/b/next"), ("a:b/c", ""), ("./a:b", "/a/b/a:b"),
        ("/ü", "/%C3%BC"), ("/a b", "/a%20b"), ("  /x  ", "/x"), ("/a\tb", "/ab"), ("http:next", "/a/b/next"), ("1:x", "/a/b/1:x"),
        ("", "/a/b/c?d=/e/f"), ("#frag", "/a/b/c?d=/e/f"), ("/x#\u{301}", "/x"), ("/%zz%41", "/%25zz%41"),
    ])
    func relativeTargetIsResolved(location: String, path: String) async throws {
        let respond: RawServer.Responder = { request, channel in
            if request.path == "/a/b/c?d=/e/f", !location.isEmpty, !location.hasPrefix("#") {
                channel.redirect(to: location)
            } else {
                channel.respond()
            }
        }
        try await RawServer.run(respond: respond) { server in
            let result = await outcome(of: server.url("/a/b/c?d=/e/f"))
            #expect(result == (path.isEmpty ? "url_invalid permanent" : "ok"))
            if !path.isEmpty { #expect(server.requests.last?.path == path) }
        }
    }

    @Test func redirectWithoutLocationFails() async throws {
        try await RawServer.run(respond: { _, channel in channel.respond("302 Found") }) { server in
            #expect(await outcome(of: server.url()) == "source_refused permanent")
        }
    }

    /// Raw bytes of any encoding are kept exactly.
    @Test(
        arguments: [
            ([0xC3, 0xBC], "/%C3%BC"), ([0xFC], "/%FC"), ([0xFF, 0x80, 0x41], "/%FF%80A"), ([0x01, 0x7F, 0x1B], "/%01%7F%1B"),
            ([0x00], "/%00"),
            ([0x20, 0x41], "/%20A"), ([0x41, 0x20, 0x20], "/A"), ([0x41, 0x09, 0x42], "/AB"), (Array("%fc%25".utf8), "/%fc%25"),
            (Array("\"<>^`{|}".utf8), "/%22%3C%3E%5E%60%7B%7C%7D"),
        ] as [([UInt8], String)])
    func rawBytesInLocationAreEncoded(bytes: [UInt8], path: String) async throws {
        let respond: RawServer.Responder = { request, channel in
            guard request.path == "/start" else { return channel.respond() }
            channel.send(
                Array("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 302 Found\r\nX: y\r\nlocation: /".utf8) + bytes
                    + Array("\r\nContent-Length: 0\r\n\r\n".utf8))
        }
        try await RawServer.run(respond: respond) { server in
            #expect(await outcome(of: server.url("/start")) == "ok")
            #expect(server.requests.last?.path == path)
        }
    }

    /// Every byte except line breaks, in a head that arrives in pieces.
    @Test func everyByteInLocationIsKept() async throws {
        let bytes = (UInt8.min...UInt8.max).filter { ![0x0A, 0x0D, 0x23, 0x3F].contains($0) }
        let respond: RawServer.Responder = { request, channel in
            guard request.path == "/start" else { return channel.respond() }
            let text = Array("HTTP/1.1 302 Found\r\nLocation: /".utf8) + bytes + Array("/end\r\nContent-Length: 0\r\n\r\n".utf8)
            for byte in text.dropLast() { channel.write(ByteBuffer(bytes: [byte]), promise: nil) }
            channel.send([0x0A])
        }
        try await RawServer.run(respond: respond) { server in
            #expect(await outcome(of: server.url("/start")) == "ok")
            #expect(server.requests.last?.path.hasSuffix("/end") == true)
        }
    }

    @Test func redirectToAnotherHostIsCheckedLikeAnyURL() async throws {
        let resolver = FixedResolver()
        for (location, name) in [
            ("http://b\u{fc}cher.example/", "xn--bcher-kva.example"), ("//B%C3%9CCHER.example./", "xn--bcher-kva.example"),
        ] {
            try await RawServer.run(respond: { _, channel in channel.redirect(to: location) }) { server in
                #expect(await outcome(of: server.url(), resolver: resolver) == "name_not_resolved permanent")
                #expect(resolver.questions.last == name)
            }
        }
    }

    @Test func redirectToADisallowedPortFails() async throws {
        try await RawServer.run(respond: { _, channel in channel.redirect(to: "http://127.0.0.1:8081/") }) { server in
            let fetcher = try localFetcher(ports: AllowedPorts([server.port...server.port]))
            #expect(await fetcher.outcome(server.url()) == "port_not_allowed permanent")
            #expect(server.requests.count == 1)
            let strict = try localFetcher(ports: .standard)
            #expect(await strict.outcome(server.url()) == "port_not_allowed permanent")
            #expect(server.requests.count == 1)
        }
        #expect(await GuardedFetcher.standardOutcome("http://10.0.0.1:8080/") == "port_not_allowed permanent")
        #expect(await GuardedFetcher.standardOutcome("https://10.0.0.1:443/") == "address_blocked permanent")
        #expect(await GuardedFetcher.standardOutcome("http://10.0.0.1:443/") == "address_blocked permanent")
    }
}

extension GuardedFetcher {
    /// Fetches `url` with the default settings.
    static func standardOutcome(_ url: String) async -> String {
        do { return await (try GuardedFetcher(resolver: FixedResolver())).outcome(url) } catch { return "\(error)" }
    }
}
