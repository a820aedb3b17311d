import Crypto
import Deadlines
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOWebSocket
import PixelFlowCore
import PixelFlowHTTP
import RawHTTP
import Synchronization
import Testing

/// WebSockets through web: the handshake, refusals, and bytes in both directions.
@Suite(.timeLimit(.minutes(1))) struct SocketTests {
    /// Sends the token of the handshake, then echoes what it receives.
    private static func echo(_ request: Request, _ context: AppRequestContext) throws -> Response {
        let key = request.headers[try #require(HTTPField.Name("sec-websocket-key"))] ?? ""
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        let accept = try #require(HTTPField.Name("sec-websocket-accept"))
        let token = request.headers[.authorization] ?? "none"
        return context.upgrade(
            to: "websocket", headers: [accept: Data(digest).base64EncodedString()], handlers: { [WebSocketFrameEncoder()] },
            own: { (connection: LoopConnection<ByteBuffer, WebSocketFrame>) in
                var received = 0
                func say(_ text: String) {
                    connection.send([WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))], promise: nil)
                }
                say(token)
                connection.start { event in
                    switch event {
                    case .message(let bytes):
                        received += bytes.readableBytes
                        say("\(received)")
                        if received > 1 << 20 { connection.finish() }
                    case .failure, .stopping, .ended: connection.close()
                    case .writable: break
                    }
                }
            })
    }

    private func run(_ test: @escaping @Sendable (WebStack) async throws -> Void) async throws {
        try await withService { router in
            router.get("/api/events", use: Self.echo)
            router.get("/api/closed") { _, _ -> String in throw PixelFlowError(.throttled, code: "too_many_event_streams", "No.") }
        } _: { port in
            try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:\(port)", test)
        }
    }

    @Test func bytesAreForwardedBothWaysUntilTheServiceCloses() async throws {
        try await run { stack in
            try await RawWebSocket.open(port: stack.port, "/api/events", headers: [("cookie", "pixelflow_session=T0KEN")]) { socket in
                let first = try await within(.seconds(20), "a message") { try await socket.next() }
                #expect(first.map { String(buffer: $0.data) } == "Bearer T0KEN")
                try await socket.send(text: "hello")
                // Two bytes of header, four of mask, five of text.
                let count = try await within(.seconds(20), "a response") { try await socket.next() }
                #expect(count.map { String(buffer: $0.data) } == "11")
                try await socket.send(.text, ByteBuffer(repeating: 65, count: 1 << 20))
                try await within(.seconds(20), "the end") { while try await socket.next() != nil {} }
            }
        }
    }

    @Test func closingTheClientClosesTheService() async throws {
        try await run { stack in
            for _ in 0..<50 {
                try await RawWebSocket.open(port: stack.port, "/api/events") { socket in
                    let first = try await within(.seconds(20), "a message") { try await socket.next() }
                    #expect(first.map { String(buffer: $0.data) } == "none")
                }
            }
        }
    }

    @Test func aRefusalArrivesComplete() async throws {
        try await run { stack in
            let refused = await #expect(throws: RawWebSocket.Refused.self) {
                try await RawWebSocket.open(port: stack.port, "/api/closed") { _ in }
            }
            #expect(refused?.status == 429)
            #expect(refused?.body.contains("too_many_event_streams") == true)
            let nowhere = await #expect(throws: RawWebSocket.Refused.self) {
                try await RawWebSocket.open(port: stack.port, "/metrics") { _ in }
            }
            #expect(nowhere?.status == 404)
        }
    }

    @Test func anotherSiteMayNotUseTheSession() async throws {
        try await run { stack in
            let refused = await #expect(throws: RawWebSocket.Refused.self) {
                try await RawWebSocket.open(
                    port: stack.port, "/api/events",
                    headers: [("cookie", "pixelflow_session=T0KEN"), ("origin", "https://elsewhere.example")]
                ) { _ in }
            }
            #expect(refused?.status == 403)
            #expect(refused?.body.contains("cross_site_request") == true)
        }
    }

    @Test func anUnavailableServiceIs503() async throws {
        try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:1") { stack in
            let refused = await #expect(throws: RawWebSocket.Refused.self) {
                try await RawWebSocket.open(port: stack.port, "/api/events") { _ in }
            }
            #expect(refused?.status == 503)
            #expect(refused?.body.contains("api_unavailable") == true)
        }
    }
}
