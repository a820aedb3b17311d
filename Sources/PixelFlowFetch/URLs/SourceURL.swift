import PixelFlowCore

/// A URL taken apart and put together again in one spelling, so that what is checked is what is used.
struct SourceURL: Sendable, Hashable {
    enum Scheme: String, Sendable {
        case http, https
        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    let scheme: Scheme
    let host: SourceHost
    let port: Int
    /// Path and query as they are sent, beginning with a slash. Never a space or a control character.
    let target: String

    /// Longer URLs are refused: no server in practice takes more.
    static let maximumLength = 8 * 1024

    /// - Throws: `url_invalid`.
    init(_ text: String) throws(PixelFlowError) {
        guard text.utf8.count <= Self.maximumLength else { throw .urlInvalid("The URL is longer than \(Self.maximumLength) bytes.") }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .urlInvalid("The URL contains control characters.")
        }
        guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
            throw .urlInvalid("The URL must begin with http:// or https://.")
        }
        let afterScheme = text[text.index(after: colon)...]
        guard afterScheme.hasPrefix("//") else { throw .urlInvalid("The URL must begin with http:// or https://.") }

        let rest = afterScheme.dropFirst(2)
        let authority = rest.prefix { !"/?#".contains($0) }
        // A backslash counts as a slash for some readers: no guessing about where the host ends.
        guard !authority.contains("@"), !authority.contains("\\") else {
            throw .urlInvalid("The URL must not carry a user name or password.")
        }
        self.scheme = scheme
        (self.host, self.port) = try Self.authority(authority, defaultPort: scheme.defaultPort)
        self.target = URLTarget.encoded(rest[authority.endIndex...])
    }

    private static func authority(_ text: Substring, defaultPort: Int) throws(PixelFlowError) -> (SourceHost, Int) {
        var host = text
        var port = defaultPort
        // The colons of an IPv6 address stand inside its brackets.
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            host = text[..<colon]
            let digits = text[text.index(after: colon)...]
            if !digits.isEmpty {
                guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits), (1...65535).contains(number) else {
                    throw .urlInvalid("The URL has no valid port.")
                }
                port = number
            }
        }
        return (try SourceHost(host), port)
    }

    /// Where a `Location` header leads from here (RFC 3986, section 5.2), fragments dropped.
    ///
    /// - Throws: `url_invalid`.
    func resolving(_ location: String) throws(PixelFlowError) -> SourceURL {
        let reference = location.prefix { $0 != "#" }
        if let colon = reference.firstIndex(of: ":"), !reference[..<colon].contains(where: { "/?".contains($0) }) {
            return try SourceURL(String(reference))
        }
        if reference.hasPrefix("//") { return try SourceURL("\(scheme.rawValue):\(reference)") }
        return try SourceURL("\(origin)\(URLTarget.merged(base: target, reference: reference))")
    }

    private var origin: String { "\(scheme.rawValue)://\(host.urlText)" + (port == scheme.defaultPort ? "" : ":\(port)") }
}

extension SourceURL: CustomStringConvertible {
    var description: String { origin + target }
}
