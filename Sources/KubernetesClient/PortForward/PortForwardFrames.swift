import NIOCore
import NIOWebSocket

/// The protocol `v4.channel.k8s.io` for one port: binary frames whose first byte is the channel, 0 for data
/// and 1 for errors. The first frame of each channel contains only the port, in two bytes.
struct PortForwardFrames {
    static let protocolName = "v4.channel.k8s.io"

    enum Event {
        case data(ByteBuffer)
        case failure(String)
        case reply(WebSocketFrame)
        case end
        case nothing
    }

    private var begunChannels: Set<UInt8> = []

    /// - Throws: `KubernetesError` if the frame violates the protocol.
    mutating func receive(_ frame: WebSocketFrame) throws -> Event {
        switch frame.opcode {
        case .ping: return .reply(WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData))
        case .connectionClose: return .end
        case .binary, .text: return try receive(message: frame.unmaskedData)
        default: return .nothing
        }
    }

    private mutating func receive(message: ByteBuffer) throws -> Event {
        var bytes = message
        guard let channel = bytes.readInteger(as: UInt8.self), channel < 2 else {
            throw KubernetesError(.unexpected, "the server sent a frame that is not of \(Self.protocolName)")
        }
        if begunChannels.insert(channel).inserted { return .nothing }
        if channel == 0 { return .data(bytes) }
        let message = String(buffer: bytes)
        return message.isEmpty ? .nothing : .failure(message)
    }

    static func data(_ bytes: ByteBuffer) -> WebSocketFrame {
        var message = ByteBuffer()
        message.reserveCapacity(bytes.readableBytes + 1)
        message.writeInteger(UInt8(0))
        message.writeImmutableBuffer(bytes)
        return WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: message)
    }

    static var ping: WebSocketFrame { WebSocketFrame(fin: true, opcode: .ping, maskKey: .random(), data: ByteBuffer()) }

    /// Status 1000, a normal closure.
    static var close: WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: ByteBuffer(integer: UInt16(1_000)))
    }
}
