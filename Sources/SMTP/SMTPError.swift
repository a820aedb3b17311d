/// Why a message was not sent, or may not have been.
public struct SMTPError: Error, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        /// The message or a setting of the client is invalid for every server.
        case message
        /// The server was unreachable, or it disconnected or timed out before it had the complete message.
        case connection
        /// The certificate is invalid, or the server does not support TLS.
        case security
        /// The server rejects the credentials, or supports no usable authentication mechanism.
        case authentication
        /// The server is unavailable, or has rejected this client or sender; other messages would fail too.
        case server
        /// The server temporarily rejects the message or its recipient (4xx).
        case postponed
        /// The server permanently rejects the message or its recipient (5xx).
        case refused
        /// The connection was lost or timed out after the final dot: the server may or may not have the message.
        case doubt
    }

    public let kind: Kind
    /// A description for logs. Never contains the password.
    public let text: String
    /// The reply of the server, if there was one.
    public let reply: SMTPReply?

    /// Whether the reply concerns the recipient rather than the message.
    public let isOfRecipient: Bool

    public init(_ kind: Kind, _ text: String, reply: SMTPReply? = nil, isOfRecipient: Bool = false) {
        self.kind = kind
        self.text = text
        self.reply = reply
        self.isOfRecipient = isOfRecipient
    }

    /// Whether the server has permanently rejected the mailbox.
    public var isBounce: Bool { kind == .refused && isOfRecipient }

    /// Whether sending the same message again would fail again.
    public var isPermanent: Bool { kind == .refused || kind == .message }

    public var description: String { reply.map { "\(text) (\($0))" } ?? text }
}
