import NIOCore
import PixelFlowCore
import PixelFlowFetch
import RawHTTP
import Testing

@Suite struct TransferTests {
    @Test func bytesAndContentTypeAreReturned() async throws {
        let body = String(repeating: "0123456789", count: 100_000)
        try await RawServer.run(respond: { _, channel in channel.respond("200 OK", ["Content-Type: image/png"], body: body) }) { server in
            let source = try await localFetcher().fetch(server.url(), limit: body.utf8.count)
            #expect(String(buffer: source.bytes) == body)
            #expect(source.contentType == "image/png")
            let request = try #require(server.requests.first)
            #expect(request.header("user-agent")?.hasPrefix("PixelFlow/") == true)
            #expect(request.header("accept-encoding") == "identity")
            #expect(request.header("host") == "127.0.0.1:\(server.port)")
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n\r\nimage", "HTTP/1.0 200 OK\r\n\r\nimage", "HTTP/1.1 203 Hm\r\nContent-Length: 5\r\n\r\nimageand more",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nim\r\n3\r\nage\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nimage",
    ])
    func everyBodyFramingIsSupported(response: String) async throws {
        try await RawServer.run(respond: { _, channel in channel.send(response) }) { server in
            let source = try await localFetcher().fetch(server.url(), limit: 5)
            #expect(String(buffer: source.bytes) == "image")
        }
    }

    @Test(arguments: [
        ("200 OK", "ok"), ("204 No Content", "ok"), ("300 Multiple", "source_refused permanent"),
        ("304 Not Modified", "source_refused permanent"),
        ("400 Bad", "source_refused permanent"), ("401 Who", "source_refused permanent"), ("403 No", "source_refused permanent"),
        ("404 Not Found", "source_not_found permanent"), ("410 Gone", "source_not_found permanent"),
        ("408 Slow", "source_unavailable transient"),
        ("425 Early", "source_unavailable transient"), ("429 Many", "source_unavailable transient"),
        ("451 Law", "source_refused permanent"),
        ("500 Oops", "source_unavailable transient"), ("502 Bad", "source_unavailable transient"),
        ("503 Busy", "source_unavailable transient"),
    ])
    func statusesAreMappedToErrors(status: String, expected: String) async throws {
        try await RawServer.run(respond: { _, channel in channel.send("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n") }) { server in
            #expect(await outcome(of: server.url()) == expected)
        }
    }

    @Test(
        arguments: [
            ("120", 120), ("1", 1), ("7200", 7200), ("99999999999999999999", Int(Int32.max)), ("0", nil), ("-5", nil), ("soon", nil),
            ("", nil),
            ("1.5", nil), ("Sun, 06 Nov 1994 08:51:37 GMT", 120), ("Sunday, 06-Nov-94 08:51:37 GMT", 120),
            ("Sun Nov  6 08:51:37 1994", 120),
            ("Sun, 06 Nov 1994 08:49:37 GMT", nil), ("Sat, 05 Nov 1994 08:49:37 GMT", nil), ("Mon, 29 Feb 1996 00:00:00 GMT", 41_440_223),
            ("Sun, 06 Nov 1994 25:51:37 GMT", nil), ("Sun, 06 Foo 1994 08:51:37 GMT", nil), ("Sun, 06 Nov 1994 08:51:37 CET", nil),
        ] as [(String, Int?)])
    func retryAfterIsKept(text: String, seconds: Int?) async throws {
        let headers = ["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: \(text)"]
        let status = text.utf8.count % 2 == 0 ? "503 Busy" : "429 Many"
        try await RawServer.run(respond: { _, channel in channel.respond(status, headers) }) { server in
            let error = await #expect(throws: PixelFlowError.self) { try await localFetcher().fetch(server.url(), limit: 10) }
            #expect(error?.retryAfter == seconds)
            #expect(error?.retry == .transient)
        }
    }

    @Test func retryAfterDateWithoutDateHeaderUsesLocalClock() async throws {
        let respond: RawServer.Responder = { _, channel in channel.respond("503 Busy", ["Retry-After: Fri, 31 Dec 2083 23:59:59 GMT"]) }
        try await RawServer.run(respond: respond) { server in
            let error = await #expect(throws: PixelFlowError.self) { try await localFetcher().fetch(server.url(), limit: 10) }
            #expect((error?.retryAfter ?? 0) > 86_400)
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 200_000) + "\r\n\r\n",
    ])
    func otherProtocolsAreReported(response: String) async throws {
        try await RawServer.run(respond: { _, channel in channel.send(response) }) { server in
            #expect(await outcome(of: server.url()) == "source_unavailable transient")
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ])
    func brokenConnectionsAreTransient(response: String) async throws {
        try await RawServer.run(respond: { _, channel in channel.send(response) }) { server in
            let result = await outcome(of: server.url())
            #expect(result == "source_unreachable transient" || result == "source_unavailable transient")
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", true), ("HTTP/1.1 200", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", true), ("nonsense\r\n\r\n", false),
    ])
    func aResponseThatEndsEarlyIsNotCalledInvalid(response: String, isShort: Bool) async throws {
        try await RawServer.run(respond: { _, channel in channel.send(response) }) { server in
            let error = await #expect(throws: PixelFlowError.self) { try await localFetcher().fetch(server.url(), limit: 1000) }
            #expect(error?.code == "source_unavailable")
            #expect(error?.retry == .transient)
            #expect(error?.message.contains("ended early") == isShort)
        }
    }

    @Test func refusedConnectionIsUnreachable() async throws {
        let port = try await RawServer.run(respond: { _, _ in }) { $0.port }
        #expect(await outcome(of: "http://127.0.0.1:\(port)/") == "source_unreachable transient")
    }
}
