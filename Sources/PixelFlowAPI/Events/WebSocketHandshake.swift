import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOWebSocket
import PixelFlowCore
import PixelFlowHTTP

/// The opening handshake of RFC 6455, section 4.2.
struct WebSocketHandshake {
    private let key: String

    /// - Throws: `bad_request` (400) if the request does not open a WebSocket of version 13.
    init(_ request: Request) throws {
        guard request.headers[.secWebSocketVersion] == "13" else {
            throw HeaderedError(
                PixelFlowError(.malformed, code: "bad_request", "Only version 13 of WebSocket is supported."),
                headers: [.secWebSocketVersion: "13"])
        }
        guard let key = request.headers[.secWebSocketKey], Data(base64Encoded: key)?.count == 16 else {
            throw PixelFlowError(.malformed, code: "bad_request", "Sec-WebSocket-Key must be 16 bytes in base 64.")
        }
        self.key = key
    }

    /// The header fields of the 101 besides those common to all upgrades.
    var headers: HTTPFields {
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return [.secWebSocketAccept: Data(digest).base64EncodedString()]
    }

    /// The maximum size of a client's message, in bytes: clients only send a token.
    static let messageBytes = 8 * 1024

    /// The handlers that convert between bytes and `WebSocketFrame`.
    static func handlers() -> [any ChannelHandler] {
        [
            WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: messageBytes)), ClientFrameCheck(),
        ]
    }
}

/// Rejects frames that clients must not send: unmasked ones, and those with extensions or opcodes that were not negotiated.
private final class ClientFrameCheck: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3, frame.opcode.isKnown else {
            return context.fireErrorCaught(ClientFrameError())
        }
        context.fireChannelRead(data)
    }
}

struct ClientFrameError: Error {}

extension WebSocketOpcode {
    fileprivate var isKnown: Bool { [.continuation, .text, .binary, .connectionClose, .ping, .pong].contains(self) }
}

extension HTTPField.Name {
    // All literals are valid header names, so the fallback is never used.
    static let secWebSocketKey = HTTPField.Name("sec-websocket-key") ?? .via
    static let secWebSocketVersion = HTTPField.Name("sec-websocket-version") ?? .via
    static let secWebSocketAccept = HTTPField.Name("sec-websocket-accept") ?? .via
}
