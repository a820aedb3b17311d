import Foundation

/// Where a mail server is, and how to speak with it.
public struct SMTPEndpoint: Sendable, Hashable {
    /// Of a connection that begins without TLS.
    public enum Security: String, Sendable, CaseIterable {
        /// STARTTLS, or nothing is sent.
        case required
        /// STARTTLS where the server offers it.
        case optional
        case off
    }

    public struct Credentials: Sendable, Hashable {
        public let user: String
        public let password: String

        public init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    public let host: String
    public let port: Int
    /// Whether TLS begins with the connection.
    public let isImplicitTLS: Bool
    public let security: Security
    public let credentials: Credentials?
    /// A PEM file with the authorities that vouch for the server; those of the system if nil.
    public let authorities: String?

    public init(
        host: String, port: Int, isImplicitTLS: Bool, security: Security = .required, credentials: Credentials? = nil,
        authorities: String? = nil
    ) {
        self.host = host
        self.port = port
        self.isImplicitTLS = isImplicitTLS
        self.security = security
        self.credentials = credentials
        self.authorities = authorities
    }

    /// `smtp://[USER:PASSWORD@]HOST[:587]` with STARTTLS, or `smtps://[USER:PASSWORD@]HOST[:465]`. In the query `tls` is `required`,
    /// `optional` or `off`; unless given it is required, and optional for this machine. `ca` is a file of authorities.
    ///
    /// - Throws: `SMTPError` of kind `.message`, which never repeats the text: it may hold a password.
    public init(url text: String) throws(SMTPError) {
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), let host = url.host, !host.isEmpty else {
            throw SMTPError(.message, "It is no URL.")
        }
        guard scheme == "smtp" || scheme == "smtps" else { throw SMTPError(.message, "The scheme is neither smtp nor smtps.") }
        guard url.path.isEmpty || url.path == "/", url.fragment == nil else {
            throw SMTPError(.message, "There is something behind the port.")
        }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        var security = Self.isLoopback(name) ? Security.optional : .required
        var authorities: String?
        for item in url.queryItems ?? [] {
            switch (item.name, item.value ?? "") {
            case ("tls", let value) where scheme == "smtp":
                guard let value = Security(rawValue: value) else {
                    throw SMTPError(.message, "tls is neither required, optional nor off.")
                }
                security = value
            case ("ca", let value) where !value.isEmpty: authorities = value
            default: throw SMTPError(.message, "The query may hold ca, and with smtp also tls.")
            }
        }
        let texts = [url.user, url.password].compactMap { $0 }
        // As lines of the protocol they are base64, and a zero byte separates them.
        guard texts.isEmpty || texts.count == 2 && texts.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) }) else {
            throw SMTPError(.message, "It needs both a user and a password, or neither.")
        }
        let isImplicit = scheme == "smtps"
        self.init(
            host: name, port: url.port ?? (isImplicit ? 465 : 587), isImplicitTLS: isImplicit, security: security,
            credentials: texts.count == 2 ? Credentials(user: texts[0], password: texts[1]) : nil, authorities: authorities)
    }

    /// Whether nobody else hears what is said to the server.
    var isLoopback: Bool { Self.isLoopback(host) }

    private static func isLoopback(_ host: String) -> Bool {
        // A name may begin with 127 as well.
        let isAddress = host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
        return host == "localhost" || host == "::1" || isAddress
    }
}
