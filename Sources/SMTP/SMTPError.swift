/// Why a message was not sent, or is not known to have been.
public struct SMTPError: Error, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        /// The message, or a setting of the client, cannot be used by any server.
        case message
        /// No server there, or it went away or said nothing for too long before it had the whole message.
        case connection
        /// The certificate is not good, or the server has no TLS.
        case security
        /// The server does not take the name and the password, or offers no way to say them.
        case authentication
        /// The server does not serve at the moment, or has refused this client or its sender; another message would fare no better.
        case server
        /// The server takes the message or its recipient not now (4xx).
        case postponed
        /// The server takes the message or its recipient never (5xx).
        case refused
        /// The connection was lost, or the server was silent, after the final dot: it may have the message or not.
        case doubt
    }

    public let kind: Kind
    /// In words, for a log. Never holds the password.
    public let text: String
    /// What the server said.
    public let reply: SMTPReply?

    /// Whether the reply is about the recipient and not about the message.
    public let isOfRecipient: Bool

    public init(_ kind: Kind, _ text: String, reply: SMTPReply? = nil, isOfRecipient: Bool = false) {
        self.kind = kind
        self.text = text
        self.reply = reply
        self.isOfRecipient = isOfRecipient
    }

    /// Whether the server has refused the mailbox for good.
    public var isBounce: Bool { kind == .refused && isOfRecipient }

    /// Whether the same message can succeed later.
    public var isPermanent: Bool { kind == .refused || kind == .message }

    public var description: String { reply.map { "\(text) (\($0))" } ?? text }
}
