package import NIOCore
import NIOHTTP1
import NIOPosix
package import NIOWebSocket

/// A WebSocket on which a test can send frames that no client library would send.
package struct RawWebSocket: Sendable {
    /// The server has responded to the handshake with a status other than 101.
    package struct Refused: Error, CustomStringConvertible {
        package let status: Int
        package let body: String
        package var description: String { "\(status) \(body)" }
    }

    package struct Ended: Error {
        package init() {}
    }

    /// Larger than any event.
    private static let maximumFrameBytes = 16 * 1024 * 1024

    private enum Handshake: Sendable {
        case opened(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
        case refused(NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>)
    }

    private let frames: FrameInbox
    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    /// Runs `body` with a WebSocket to a port of this machine.
    ///
    /// - Throws: `Refused`.
    package static func open<Value: Sendable>(
        port: Int, _ path: String, headers: [(String, String)] = [], _ body: (RawWebSocket) async throws -> Value
    ) async throws -> Value {
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: path, headers: HTTPHeaders([("host", "localhost:\(port)")] + headers))
        let handshake: Handshake = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketClientUpgrader<Handshake>(
                        maxFrameSize: maximumFrameBytes, enableAutomaticErrorHandling: false
                    ) { channel, _ in
                        channel.eventLoop.makeCompletedFuture { .opened(try NIOAsyncChannel(wrappingChannelSynchronously: channel)) }
                    }
                    let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Handshake>(upgradeRequestHead: head, upgraders: [upgrader]) {
                        channel in
                        channel.eventLoop.makeCompletedFuture { .refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel)) }
                    }
                    var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
                    // A first frame may come with the 101.
                    pipeline.leftOverBytesStrategy = .forwardBytes
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
                }
            }.get()
        switch handshake {
        case .opened(let channel):
            return try await channel.executeThenClose { inbound, outbound in
                try await body(RawWebSocket(frames: FrameInbox(inbound.makeAsyncIterator()), outbound: outbound))
            }
        case .refused(let channel): throw try await refusal(channel)
        }
    }

    private static func refusal(_ channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>) async throws -> Refused {
        try await channel.executeThenClose { inbound, _ in
            var (status, body) = (0, "")
            // bounded: by the response, which the test's time limit bounds.
            for try await part in inbound {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let bytes): body += String(buffer: bytes)
                case .end: return Refused(status: status, body: body)
                }
            }
            throw Ended()
        }
    }

    /// Sends a frame, masked as required for clients.
    package func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer = ByteBuffer(), fin: Bool = true) async throws {
        try await send(WebSocketFrame(fin: fin, opcode: opcode, maskKey: .random(), data: data))
    }

    package func send(text: String) async throws { try await send(.text, ByteBuffer(string: text)) }

    package func send(_ frame: WebSocketFrame) async throws { try await outbound.write(frame) }

    /// The next frame; nil once the connection has ended.
    package func next() async throws -> WebSocketFrame? {
        // bounded: by the caller.
        try await frames.next()
    }

    /// The code and reason with which the server closes; ignores frames before that.
    package func close() async throws -> (code: UInt16?, reason: String) {
        // bounded: by the end of the connection.
        while let frame = try await next() {
            guard frame.opcode == .connectionClose else { continue }
            var data = frame.data
            return (data.readInteger(as: UInt16.self), String(buffer: data))
        }
        throw Ended()
    }
}

/// `@unchecked Sendable`: a test reads one frame at a time.
private final class FrameInbox: @unchecked Sendable {
    private var iterator: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator

    init(_ iterator: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator) { self.iterator = iterator }

    func next() async throws -> WebSocketFrame? {
        // bounded: by the caller.
        try await iterator.next()
    }
}
