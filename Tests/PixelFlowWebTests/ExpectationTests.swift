import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import RawHTTP
import Testing

@testable import PixelFlowWeb

/// `Expect: 100-continue` from end to end: the api decides, and the client is notified immediately.
@Suite(.timeLimit(.minutes(1))) struct ExpectationTests {
    private static func head(_ path: String, length: Int = 5) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n"
    }

    private func withAPI(_ body: @escaping @Sendable (WebStack) async throws -> Void) async throws {
        try await withService { router in
            router.post("/api/upload") { request, _ in
                guard request.headers[.expect] != nil, request.headers.first(where: { $0.name.canonicalName.contains("gate") }) == nil
                else {
                    return "not told"
                }
                return "\(try await request.collectBody(limit: 100).readableBytes) bytes"
            }
            router.post("/api/closed") { _, _ -> String in throw PixelFlowError.tokenMissing }
        } _: { port in
            try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:\(port)", body)
        }
    }

    @Test func theApiRequestsTheBody() async throws {
        try await withAPI { stack in
            let client = try await RawConnection.open(port: stack.port, host: "localhost")
            try await client.send(Self.head("/api/upload"))
            #expect(try await client.reply(containing: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("12345")
            let response = try await client.reply(containing: "5 bytes")
            #expect(response.contains("HTTP/1.1 200 OK"))
            try await client.send(Self.head("/api/upload").replacing("5\r\n\r\n", with: "3\r\nConnection: close\r\n\r\n"))
            _ = try await client.reply(containing: "5 bytesHTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("123")
            #expect(try await client.replyUntilClosed().hasSuffix("3 bytes"))
        }
    }

    /// The header by which web finds the gate of a body is its own, whatever a client sends.
    @Test(arguments: ["zzz", "1"]) func aClientCannotNameTheGateOfABody(mark: String) async throws {
        try await withAPI { stack in
            let client = try await RawConnection.open(port: stack.port, host: "localhost")
            try await client.send(Self.head("/api/upload").replacing("Expect:", with: "X-PixelFlow-Gate: \(mark)\r\nExpect:"))
            #expect(try await client.reply(containing: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("12345")
            _ = try await client.reply(containing: "5 bytes")
        }
    }

    @Test(arguments: [("/api/closed", 5, 401), ("/api/upload", 101, 413), ("/api/nothing", 5, 404)])
    func theApiRefusesBeforeTheBody(path: String, length: Int, status: Int) async throws {
        try await withAPI { stack in
            let client = try await RawConnection.open(port: stack.port, host: "localhost")
            try await client.send(Self.head(path, length: length))
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 \(status) "), "\(response)")
            #expect(!response.contains("100 Continue"))
        }
    }

    @Test func anUnavailableApiRequestsNoBody() async throws {
        try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:1") { stack in
            let client = try await RawConnection.open(port: stack.port, host: "localhost")
            try await client.send(Self.head("/api/upload"))
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 503 "))
            #expect(!response.contains("100 Continue"))
        }
    }

    @Test func theGateOfARequestWithoutAConnectionIsReleased() async throws {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: WebService.clientConfiguration)
        weak var kept: AsyncLatch?
        do {
            let gate = AsyncLatch()
            kept = gate
            let upstream = Upstream(name: "api", baseURL: "http://localhost:1", client: client)
            let error = await #expect(throws: PixelFlowError.self) {
                _ = try await upstream.send(.post, "/api/upload", headers: [:], gate: gate)
            }
            #expect(error?.code == "api_unavailable")
        }
        try await client.shutdown()
        #expect(kept == nil)
    }

    /// An upstream that does not support it: after a few seconds, the body is sent anyway.
    @Test func aSlowUpstreamReceivesTheBody() async throws {
        let routes: Routes = { router in
            router.post("/api/upload") { request, _ in "\(try await request.body.collect(upTo: 100).readableBytes) bytes" }
        }
        try await withWebStack(api: routes) { stack in
            let client = try await RawConnection.open(port: stack.port, host: "localhost")
            try await client.send(Self.head("/api/upload"))
            _ = try await client.reply(containing: "100 Continue")
            try await client.send("12345")
            _ = try await client.reply(containing: "5 bytes")
        }
    }
}
