import WireFormats

/// The address, credentials and security of a mail server.
public struct SMTPEndpoint: Sendable, Hashable {
    /// How to secure a connection that starts without TLS.
    public enum Security: String, Sendable, CaseIterable {
        /// Use STARTTLS or fail.
        case required
        /// Use STARTTLS if the server offers it.
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
    /// Whether the connection starts with TLS.
    public let isImplicitTLS: Bool
    public let security: Security
    public let credentials: Credentials?
    /// A PEM file with the trusted certificate authorities; nil for those of the system.
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

    /// Parses `smtp://[USER:PASSWORD@]HOST[:587]` (STARTTLS) or `smtps://[USER:PASSWORD@]HOST[:465]`. The query parameter `tls` is
    /// `required` (the default, except for the local machine), `optional` (the default for the local machine) or `off`. `ca` is a file
    /// with certificate authorities.
    ///
    /// - Throws: `SMTPError` of kind `.message`, which never repeats the text, because it may contain a password.
    public init(url text: String) throws(SMTPError) {
        let url: ServerURL
        do throws(ServerURL.Part) { url = try ServerURL(parsing: text) } catch { throw SMTPError(.message, Self.problem(of: error)) }
        let scheme = url.scheme.lowercased()
        guard scheme == "smtp" || scheme == "smtps" else { throw SMTPError(.message, "The scheme is neither smtp nor smtps.") }
        guard url.hosts.count == 1 else { throw SMTPError(.message, Self.problem(of: .host)) }
        guard url.path.isEmpty, !text.contains("#") else { throw SMTPError(.message, "There is something after the port.") }
        let name = url.hosts[0].name
        var security = Self.isLoopback(name) ? Security.optional : .required
        var authorities: String?
        for item in url.query {
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
        let texts = url.credentials.map { [$0.user, $0.password ?? ""] } ?? []
        // AUTH PLAIN separates the two with a zero byte, so neither may contain one.
        guard texts.isEmpty || texts.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) }) else {
            throw SMTPError(.message, "It needs both a user and a password, or neither.")
        }
        let isImplicit = scheme == "smtps"
        self.init(
            host: name, port: url.hosts[0].port ?? (isImplicit ? 465 : 587), isImplicitTLS: isImplicit, security: security,
            credentials: texts.count == 2 ? Credentials(user: texts[0], password: texts[1]) : nil, authorities: authorities)
    }

    private static func problem(of part: ServerURL.Part) -> String {
        switch part {
        case .scheme: "It is not a URL."
        case .credentials: "The user and the password are not percent-encoded."
        case .host: "It does not name one host."
        case .port: "The port is not a number from 1 to 65535."
        case .query: "The query is not percent-encoded."
        }
    }

    /// Whether the connection does not leave the local machine.
    var isLoopback: Bool { Self.isLoopback(host) }

    private static func isLoopback(_ host: String) -> Bool {
        // A host name may also begin with 127.
        let isAddress = host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
        return host == "localhost" || host == "::1" || isAddress
    }
}
