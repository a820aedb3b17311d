import WireFormats

/// Determines the client's next step from the server's replies, for one message over one connection. Performs no I/O.
struct SMTPDialogue {
    enum Action: Hashable {
        /// A line without its line break.
        case send(String)
        /// The TLS handshake; call `secured()` for the next action.
        case startTLS
        /// The message and the final dot.
        case sendMessage
        case finish
    }

    /// The reply that is expected next.
    enum Phase: Hashable {
        case greeting, hello, startTLS
        case plain, loginName, loginUser, loginPassword
        case sender, recipient, data, completion, done
    }

    private(set) var phase = Phase.greeting
    private let endpoint: SMTPEndpoint
    private let envelope: Envelope
    /// The client's name in EHLO.
    private let name: String
    private var isSecure: Bool
    private var capabilities = SMTPCapabilities()

    struct Envelope: Hashable {
        var from: String
        var to: String
        var size: Int
        var needsUTF8: Bool
    }

    init(_ endpoint: SMTPEndpoint, _ envelope: Envelope, name: String) {
        self.endpoint = endpoint
        self.envelope = envelope
        self.name = name
        isSecure = endpoint.isImplicitTLS
    }

    /// - Throws: `SMTPError` if the message cannot be sent; afterwards, the connection must not be used.
    mutating func receive(_ reply: SMTPReply) throws(SMTPError) -> Action {
        switch phase {
        case .greeting:
            guard reply.code == 220 else { throw SMTPError(.server, "The server does not serve.", reply: reply) }
            return hello()
        case .hello:
            guard reply.isPositive else { throw SMTPError(.server, "The server does not take EHLO.", reply: reply) }
            capabilities = SMTPCapabilities(reply.lines)
            return try greeted()
        case .startTLS:
            guard reply.code == 220 else { throw SMTPError(.security, "The server does not start TLS.", reply: reply) }
            return .startTLS
        case .plain, .loginPassword:
            guard reply.isPositive else { throw SMTPError(.authentication, "The server does not let this client in.", reply: reply) }
            return try begin()
        case .loginName, .loginUser:
            guard reply.isIntermediate else { throw SMTPError(.authentication, "The server does not let this client in.", reply: reply) }
            return login()
        case .sender:
            guard reply.isPositive else {
                throw SMTPError(reply.isTransient ? .postponed : .server, "The server does not take the sender.", reply: reply)
            }
            return say("RCPT TO:<\(envelope.to)>", .recipient)
        case .recipient:
            guard reply.isPositive else { throw Self.refusal("The server does not take the recipient.", reply, isOfRecipient: true) }
            return say("DATA", .data)
        case .data:
            guard reply.isIntermediate else { throw Self.refusal("The server does not take a message.", reply) }
            phase = .completion
            return .sendMessage
        case .completion:
            guard reply.isPositive else { throw Self.refusal("The server has refused the message.", reply) }
            phase = .done
            return .finish
        case .done: return .finish
        }
    }

    /// Starts again within TLS: everything that the server said before must be discarded (RFC 3207, section 4.2).
    mutating func secured() -> Action {
        isSecure = true
        capabilities = SMTPCapabilities()
        return hello()
    }

    private mutating func hello() -> Action { say("EHLO \(name)", .hello) }

    private mutating func say(_ line: String, _ next: Phase) -> Action {
        phase = next
        return .send(line)
    }

    private mutating func greeted() throws(SMTPError) -> Action {
        if !isSecure, endpoint.security != .off {
            if capabilities.startTLS { return say("STARTTLS", .startTLS) }
            guard endpoint.security == .optional else { throw SMTPError(.security, "The server offers no TLS, which is required.") }
        }
        guard let credentials = endpoint.credentials else { return try begin() }
        // An attacker in between can remove the offer of STARTTLS.
        guard isSecure || endpoint.security == .off || endpoint.isLoopback else {
            throw SMTPError(.security, "The server offers no TLS, without which the password is not sent.")
        }
        if capabilities.authentication.contains("PLAIN") {
            return say("AUTH PLAIN \(Base64.encoded("\0\(credentials.user)\0\(credentials.password)".utf8))", .plain)
        }
        guard capabilities.authentication.contains("LOGIN") else {
            throw SMTPError(.authentication, "The server offers neither PLAIN nor LOGIN.")
        }
        return say("AUTH LOGIN", .loginName)
    }

    private mutating func login() -> Action {
        let isName = phase == .loginName
        let text = (isName ? endpoint.credentials?.user : endpoint.credentials?.password) ?? ""
        return say(Base64.encoded(text.utf8), isName ? .loginUser : .loginPassword)
    }

    private mutating func begin() throws(SMTPError) -> Action {
        var line = "MAIL FROM:<\(envelope.from)>"
        if let size = capabilities.size {
            guard envelope.size <= size else { throw SMTPError(.refused, "The message is larger than the server takes.") }
            line += " SIZE=\(envelope.size)"
        }
        if envelope.needsUTF8 {
            guard capabilities.utf8 else {
                throw SMTPError(.refused, "The address has letters beyond ASCII, which the server does not take.")
            }
            line += " SMTPUTF8"
        }
        return say(line, .sender)
    }

    /// 421 closes the connection, regardless of which command it replies to.
    private static func refusal(_ text: String, _ reply: SMTPReply, isOfRecipient: Bool = false) -> SMTPError {
        let kind: SMTPError.Kind = reply.code == 421 ? .server : reply.isTransient ? .postponed : .refused
        return SMTPError(kind, text, reply: reply, isOfRecipient: isOfRecipient)
    }
}
