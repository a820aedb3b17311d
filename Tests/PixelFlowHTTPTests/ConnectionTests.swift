import Deadlines
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowTelemetry
import Prometheus
import RawHTTP
import Synchronization
import Testing

@testable import PixelFlowHTTP

/// A service with real connections that are subject to limits.
@Suite("Connections", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private let registry = Telemetry.registry()

    private func run(
        _ change: (inout ConnectionLimits) -> Void = { _ in }, trusted: TrustedProxies = .loopback,
        _ routes: (Router<AppRequestContext>) -> Void = { _ in }, _ test: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        var limits = ConnectionLimits()
        change(&limits)
        let connections = ConnectionRegistry(limits: limits, trusted: trusted)
        let router = testRouter(metrics: ServiceMetrics(service: "api", factory: registry)) { router in
            router.get("/hello") { _, _ in "hello" }
            router.post("/upload") { request, _ in "\(try await request.collectBody(limit: 1 << 20).readableBytes) bytes" }
            router.post("/closed") { _, _ -> String in throw PixelFlowError.tokenMissing }
            routes(router)
        }
        let factory = registry
        let server = HTTPServerBuilder { GuardedHTTPChannel($0, registry: connections, service: "api", factory: factory) }
        try await Application(router: router, server: server, logger: quiet).test(.live) { client in
            try await test(try #require(client.port))
        }
    }

    private func refusals(_ reason: String) -> Bool {
        String(decoding: registry.text(), as: UTF8.self).contains("api_connections_refused_total{reason=\"\(reason)\"} 1\n")
    }

    // MARK: Upgrade

    @Test("an upgrade request that is not accepted receives its response after earlier requests, and is the last one")
    func refusedUpgradeReceivesItsResponseInOrder() async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            let upgrade = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + upgrade)
            let responses = try await client.replyUntilClosed()
            #expect(responses.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
            #expect(responses.lowercased().components(separatedBy: "connection: close").count == 2)
        }
    }

    // MARK: Connection: close

    @Test(
        "the connection ends after a request that asks for it, however it is written, and what follows is no request",
        arguments: ["HTTP/1.1\r\nConnection: Close", "HTTP/1.1\r\nConnection: TE, close", "HTTP/1.0", "HTTP/1.0\r\nConnection: close"])
    func connectionEndsOnRequest(version: String) async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            let request = "GET /hello \(version)\r\nHost: a\r\n\r\n"
            try await client.send(request + request)
            let response = try await client.replyUntilClosed()
            #expect(response.components(separatedBy: "200 OK").count == 2)
            #expect(response.lowercased().contains("\r\nconnection: close\r\n"))
            #expect(response.hasSuffix("hello"))
        }
    }

    /// Other clients read slowly, too, and what does not fit into the socket's buffers must wait for them.
    @Test("a large response is sent completely before the connection ends", arguments: ["HTTP/1.1", "HTTP/1.0"])
    func largeLastResponseIsComplete(version: String) async throws {
        let size = 16 << 20
        try await run({ _ in }) { router in
            router.get("/large") { _, _ in Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 120, count: size))) }
        } _: { port in
            let client = try await RawConnection.open(port: port)
            try await client.read(false)
            try await client.send("GET /large \(version)\r\nHost: a\r\nConnection: close\r\n\r\n")
            // Longer than a refused connection lingers.
            try await Task.sleep(for: .seconds(3))
            try await client.read(true)
            let text = try await client.replyUntilClosed()
            #expect(text.utf8.count > size)
            #expect(text.utf8.reversed().prefix(size).allSatisfy { $0 == 120 })
        }
    }

    @Test("fields of the connection go no further than it")
    func optionsOfTheConnectionAreRemoved() async throws {
        try await run({ _ in }) { router in
            router.get("/echo") { request, _ in "\(request.headers.contains(.acceptLanguage)) \(request.head.authority ?? "")" }
        } _: { port in
            let client = try await RawConnection.open(port: port)
            try await client.send(
                "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close, Accept-Language, host\r\nAccept-Language: de\r\n\r\n")
            #expect(try await client.replyUntilClosed().hasSuffix("false a"))
        }
    }

    @Test("a body of unknown length is sent to HTTP/1.0 without chunks", arguments: ["", "Connection: keep-alive\r\n"])
    func oldClientGetsNoChunks(field: String) async throws {
        try await run({ _ in }) { router in
            router.get("/stream") { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        for piece in ["one ", "two"] { try await writer.write(ByteBuffer(string: piece)) }
                        try await writer.finish(nil)
                    })
            }
        } _: { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET /stream HTTP/1.0\r\n\(field)\r\n")
            let response = try await client.replyUntilClosed()
            #expect(response.hasSuffix("\r\n\r\none two"))
            #expect(!response.lowercased().contains("transfer-encoding"))
        }
    }

    // MARK: HEAD

    @Test("a problem in response to HEAD has no body", arguments: [("/nowhere", 404), ("/closed", 405), ("/failing", 401)])
    func problemOfHeadHasNoBody(path: String, status: Int) async throws {
        try await run({ _ in }) { router in
            router.get("/failing") { _, _ -> String in throw PixelFlowError.tokenMissing }
        } _: { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let responses = try await client.replyUntilClosed()
            #expect(responses.hasPrefix("HTTP/1.1 \(status) "))
            #expect(responses.contains("\r\n\r\nHTTP/1.1 200 OK"))
            #expect(!responses.contains("urn:pixelflow:problem"))
        }
    }

    // MARK: Bodies that break off

    @Test("a body that breaks off is the client's failure", arguments: ["Content-Length: 1000", "Transfer-Encoding: chunked"])
    func abortedBodyIsNoFailureOfTheService(framing: String) async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("POST /upload HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n5\r\n12345\r\n")
            client.close()
            try await eventually(within: .testDeadline, "the request to be counted") {
                let text = String(decoding: registry.text(), as: UTF8.self)
                return text.contains(/api_requests_total\{[^}]*status="400"[^}]*\} 1/) ? () : nil
            }
            #expect(!String(decoding: registry.text(), as: UTF8.self).contains(/api_requests_total\{[^}]*status="500"/))
        }
    }

    // MARK: Expect: 100-continue

    @Test("100 is sent once the route reads the body, then the response; the connection stays open")
    func continueIsSentWhenTheBodyIsRead() async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("POST /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try await client.reply(containing: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("12345")
            let response = try await client.reply(containing: "5 bytes")
            #expect(response.contains("HTTP/1.1 200 OK"))
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await client.replyUntilClosed().hasSuffix("hello"))
        }
    }

    @Test(
        "a request refused before its body gets no 100, and the connection ends",
        arguments: [("/closed", 5, 401), ("/upload", 2 << 20, 413), ("/nowhere", 5, 404), ("/hello", 5, 405)])
    func earlyRefusalSendsNoContinue(path: String, length: Int, status: Int) async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 \(status) "))
            #expect(!response.contains("100 Continue"))
            #expect(response.lowercased().contains("\r\nconnection: close\r\n"))
        }
    }

    @Test("a body sent without waiting, or over HTTP/1.0, gets no 100", arguments: ["HTTP/1.1", "HTTP/1.0"])
    func bodySentWithoutWaitingGetsNoContinue(version: String) async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send(
                "POST /upload \(version)\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 200 OK"))
            #expect(response.hasSuffix("5 bytes"))
        }
    }

    @Test("a GET with an expectation, and a request without a body, are handled as usual")
    func expectationWithoutBodyIsIgnored() async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    // MARK: Unread bodies

    @Test(
        "a body that is not read ends the connection, whatever the method and the response",
        arguments: [
            ("GET", "/hello", 200), ("POST", "/ignoring", 200), ("GET", "/nowhere", 404), ("PATCH", "/hello", 405),
            ("DELETE", "/closed", 401), ("POST", "/closed", 401),
        ])
    func unreadBody(method: String, path: String, status: Int) async throws {
        try await run({ $0.unreadBodyBytes = 65_536 }) { router in
            router.delete("/closed") { _, _ -> String in throw PixelFlowError.tokenMissing }
            router.post("/ignoring") { _, _ in "done" }
        } _: { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")
            _ = try await client.reply(containing: "\r\n\r\n")
            // The server may close the connection while this is being sent.
            try? await client.send("100000\r\n" + String(repeating: "x", count: 0x100000))
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 \(status) "), "\(response)")
            #expect(response.lowercased().contains("\r\nconnection: close\r\n") == (status != 200))
        }
    }

    @Test("a small body that is not read leaves the connection open", arguments: ["GET", "DELETE"])
    func smallUnreadBody(method: String) async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("\(method) /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345")
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await client.replyUntilClosed().hasSuffix("hello"))
        }
    }

    // MARK: Time

    @Test("an incomplete header receives 408 and the connection closed")
    func incompleteHeaderTimesOut() async throws {
        try await run({ $0.headerTimeout = .seconds(1) }) { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX-Half")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 408 "))
            #expect(response.contains(#""code":"request_timeout""#))
            #expect(response.lowercased().contains("content-type: application/problem+json"))
            #expect(refusals("header_timeout"))
        }
    }

    @Test("a silent connection is closed without a response")
    func silentConnectionIsClosed() async throws {
        try await run({ $0.headerTimeout = .seconds(1) }) { port in
            let response = try await RawConnection.open(port: port).replyUntilClosed()
            #expect(response.isEmpty)
        }
    }

    @Test("a connection that has received its response is closed after the idle time")
    func idleConnectionIsClosed() async throws {
        try await run({ $0.idleTimeout = .milliseconds(200) }) { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try await client.replyUntilClosed()
            #expect(response.hasSuffix("hello"))
        }
    }

    @Test("a stalled body receives 408, and the route stops waiting for it")
    func stalledBodyTimesOut() async throws {
        try await run({ $0.bodyWindow = .milliseconds(200) }) { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n1")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 408 "))
            #expect(refusals("body_timeout"))
        }
    }

    @Test("no limit applies to a long response: an event stream continues")
    func longResponseIsUnlimited() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        try await run { limits in
            limits.headerTimeout = .seconds(2)
            limits.idleTimeout = .milliseconds(200)
            limits.bodyWindow = .milliseconds(200)
        } _: { router in
            router.get("/events") { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        try await writer.write(ByteBuffer(string: "first"))
                        try await gate.first("the gate to open")
                        try await writer.write(ByteBuffer(string: "second"))
                        try await writer.finish(nil)
                    })
            }
        } _: { port in
            let listener = try await RawConnection.open(port: port)
            try await listener.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await listener.reply(containing: "first")
            // Two consecutive connections that are closed for being idle: far longer than any limit of the stream.
            for _ in 0..<2 { _ = try await RawConnection.open(port: port).replyUntilClosed() }
            open.yield()
            _ = try await listener.reply(containing: "second")
        }
    }

    // MARK: Number and size

    @Test("an address that has used its share receives 429; another address is served")
    func addressBeyondItsShareIsRefused() async throws {
        try await run({ $0.perAddress = 3 }) { port in
            var held: [RawConnection] = []
            for _ in 0..<3 {
                let client = try await RawConnection.open(port: port, from: "127.0.0.2")
                try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.reply(containing: "hello")
                held.append(client)
            }
            let response = try await RawConnection.open(port: port, from: "127.0.0.2").replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 429 "))
            #expect(response.contains(#""code":"too_many_connections""#))
            #expect(response.lowercased().contains("retry-after: "))
            #expect(refusals("address_limit"))
            let other = try await RawConnection.open(port: port, from: "127.0.0.3")
            try await other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await other.reply(containing: "hello")
            held[0].close()
            _ = try await held[0].replyUntilClosed()
        }
    }

    @Test(
        "connections of a flood beyond those that receive 429 are closed without a response, and the address is served once the flood ends")
    func connectionFloodIsClosed() async throws {
        try await run({ ($0.perAddress, $0.lingering) = (2, 1) }) { port in
            var held: [RawConnection] = []
            for _ in 0..<2 {
                let client = try await RawConnection.open(port: port, from: "127.0.0.2")
                try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.reply(containing: "hello")
                held.append(client)
            }
            var flood: [RawConnection] = []
            for _ in 0..<50 { flood.append(try await RawConnection.open(port: port, from: "127.0.0.2")) }
            var silent = 0
            for client in flood where try await client.replyUntilClosed().isEmpty { silent += 1 }
            #expect(silent > 0)
            for client in held {
                client.close()
                _ = try await client.replyUntilClosed()
            }
            let other = try await RawConnection.open(port: port, from: "127.0.0.3")
            try await other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await other.reply(containing: "hello")
        }
    }

    @Test("at the overall limit, a waiting connection is closed, and a new request is served")
    func overallLimitClosesAWaitingConnection() async throws {
        try await run({ $0.total = 2 }) { port in
            let idle = try await RawConnection.open(port: port)
            try await idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await idle.reply(containing: "hello")
            for _ in 0..<5 {
                let client = try await RawConnection.open(port: port)
                try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.reply(containing: "hello")
            }
            #expect(try await idle.replyUntilClosed().hasSuffix("hello"))
        }
    }

    private static let oversized: [String] = [
        "X-Big: " + String(repeating: "a", count: 40_000) + "\r\n\r\n",
        (0..<200).map { "X-\($0): a\r\n" }.joined() + "\r\n",
        (0..<40).map { "X-\($0): \(String(repeating: "a", count: 1000))\r\n" }.joined() + "\r\n",
    ]

    @Test("a header with too many bytes or fields receives 431", arguments: oversized)
    func oversizedHeaderIsRefused(fields: String) async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n" + fields)
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 431 "))
            #expect(response.contains(#""code":"header_too_large""#))
        }
    }

    @Test("an endless request URI receives 431, too")
    func endlessTargetIsRefused() async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET /" + String(repeating: "a", count: 40_000))
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 431 "))
        }
    }

    // MARK: Not a request

    @Test(
        "malformed requests get a 400 with a code",
        arguments: [
            "nonsense\r\n\r\n", "GET /hello\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n",
            "GET /hello HTTP/1.1\r\nHost: a@b\r\n\r\n",
            "GET hello HTTP/1.1\r\nHost: a\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
            "GET /hello HTTP/9.9\r\nHost: a\r\n\r\n", "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\n",
            "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
            "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "GET ftp://a/hello HTTP/1.1\r\nHost: a\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ])
    func malformedRequestIsRefused(request: String) async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send(request)
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 400 "), "\(response)")
            #expect(response.contains(#""code":"bad_request""#))
        }
    }

    @Test("a malformed request does not affect the request before it")
    func malformedRequestDoesNotAffectTheOneBefore() async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\nno request at all\r\n\r\n")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 200 OK"), "\(response)")
            #expect(response.hasSuffix("hello"))
        }
    }

    @Test("a URI in absolute form is equivalent to its path", arguments: ["http://a/hello", "HTTP://a:80/hello?b=c"])
    func absoluteFormIsEquivalentToItsPath(target: String) async throws {
        try await run { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await client.replyUntilClosed().hasSuffix("hello"))
        }
    }
}

private let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()
