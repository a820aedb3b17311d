import NIOCore
import NIOWebSocket

/// Assembles a client's messages from frames. Rejects text at its first invalid UTF-8 byte, as RFC 6455 requires of endpoints that validate
/// incrementally.
struct MessageAssembly {
    /// The maximum number of frames of one message.
    private static let maximumFrames = 64

    private var text: [UInt8] = []
    private var check = UTF8Check()
    private var frames = 0

    /// - Returns: the text of the message if the frame completes it.
    /// - Throws: `EventSocket.ClosingError`.
    mutating func add(_ frame: WebSocketFrame) throws -> String? {
        guard (frame.opcode == .continuation) == (frames > 0) else { throw EventSocket.ClosingError(.protocolError) }
        guard frame.opcode != .binary else { throw EventSocket.ClosingError(.unacceptableData, "Only text is accepted.") }
        frames += 1
        let bytes = frame.unmaskedData.readableBytesView
        guard frames <= Self.maximumFrames, text.count + bytes.count <= WebSocketHandshake.messageBytes else {
            throw EventSocket.ClosingError(.messageTooLarge)
        }
        guard bytes.allSatisfy({ check.accept($0) }), check.isComplete || !frame.fin else {
            throw EventSocket.ClosingError(.dataInconsistentWithMessage, "The text is not UTF-8.")
        }
        text += bytes
        guard frame.fin else { return nil }
        defer { self = MessageAssembly() }
        return String(decoding: text, as: UTF8.self)
    }
}

/// An incremental check of UTF-8.
private struct UTF8Check {
    private var missing = 0
    /// The valid values of the current character's next byte.
    private var allowed: ClosedRange<UInt8> = 0x80...0xbf

    /// Whether the position is between two characters.
    var isComplete: Bool { missing == 0 }

    /// - Returns: false if the byte cannot follow.
    mutating func accept(_ byte: UInt8) -> Bool {
        guard missing == 0 else {
            guard allowed.contains(byte) else { return false }
            allowed = 0x80...0xbf
            missing -= 1
            return true
        }
        switch byte {
        case 0...0x7f: break
        case 0xc2...0xdf: missing = 1
        case 0xe0: (missing, allowed) = (2, 0xa0...0xbf)
        // Surrogates are not characters.
        case 0xed: (missing, allowed) = (2, 0x80...0x9f)
        case 0xe1...0xef: missing = 2
        case 0xf0: (missing, allowed) = (3, 0x90...0xbf)
        case 0xf1...0xf3: missing = 3
        case 0xf4: (missing, allowed) = (3, 0x80...0x8f)
        default: return false
        }
        return true
    }
}

/// The contents of a close frame.
struct CloseFrame {
    /// Nil if it has none.
    var code: WebSocketErrorCode?
    var reason = ""

    init(code: WebSocketErrorCode?, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// - Throws: `EventSocket.ClosingError` for codes that must not be sent, and for a reason that is not UTF-8.
    init(_ data: ByteBuffer) throws {
        guard data.readableBytes > 0 else { return }
        var data = data
        guard let number = data.readInteger(as: UInt16.self), Self.isSendable(number),
            String(validating: data.readableBytesView, as: UTF8.self) != nil
        else { throw EventSocket.ClosingError(.protocolError, "The close frame is invalid.") }
        code = WebSocketErrorCode(codeNumber: Int(number))
    }

    var frame: WebSocketFrame {
        var data = ByteBuffer()
        if let code { data.write(webSocketErrorCode: code) }
        data.writeString(reason)
        return WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
    }

    /// RFC 6455, section 7.4.
    private static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
