package import PixelFlowCore

/// A URL in normalised form, so that the URL that is checked is the one that is fetched.
///
/// api uses it for uploads, and the fetcher for URLs and redirects.
package struct SourceURL: Sendable, Hashable {
    package enum Scheme: String, Sendable {
        case http, https
        package var defaultPort: Int { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    package let host: SourceHost
    package let port: Int
    /// Path and query as sent, starting with a slash. Contains no spaces or control characters.
    package let target: String

    /// In bytes. Longer URLs are refused; hardly any server accepts them.
    static let maximumLength = 8 * 1024

    /// Parses an absolute http or https URL. Ignores surrounding spaces; refuses control characters, user names, passwords and invalid
    /// hosts.
    ///
    /// - Throws: `url_invalid`.
    package init(_ text: String) throws(PixelFlowError) {
        guard text.utf8.count <= Self.maximumLength else { throw .urlTooLong }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            throw .urlInvalid("The URL contains control characters.")
        }
        let text = Self.withoutSpacesAround(text)
        guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
            throw .urlInvalid("The URL must begin with http:// or https://.")
        }
        let afterScheme = text[text.index(after: colon)...]
        guard afterScheme.hasPrefix("//") else { throw .urlInvalid("The URL must begin with http:// or https://.") }

        let rest = afterScheme.dropFirst(2)
        // Split by Unicode scalars, because a combining mark after a delimiter forms one `Character` with it.
        let authority = rest[..<(rest.unicodeScalars.firstIndex { "/?#".unicodeScalars.contains($0) } ?? rest.endIndex)]
        // Some parsers treat a backslash as a slash, which makes the end of the host ambiguous.
        guard !authority.contains("\\") else { throw .urlInvalid("The host of the URL contains invalid characters.") }
        guard !authority.contains("@") else { throw .urlInvalid("The URL must not contain a user name or password.") }
        self.scheme = scheme
        (self.host, self.port) = try Self.authority(authority, defaultPort: scheme.defaultPort)
        self.target = URLTarget.encoded(rest[authority.endIndex...])
    }

    private static func withoutSpacesAround(_ text: String) -> Substring {
        var text = text[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }

    private static func authority(_ text: Substring, defaultPort: Int) throws(PixelFlowError) -> (SourceHost, Int) {
        var host = text
        var port = defaultPort
        // The colons of an IPv6 address are inside its brackets.
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            host = text[..<colon]
            let digits = text[text.index(after: colon)...]
            if !digits.isEmpty {
                guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits), (1...65535).contains(number) else {
                    throw .urlInvalid("The port of the URL is not valid.")
                }
                port = number
            }
        }
        return (try SourceHost(host), port)
    }

    /// - Throws: `port_not_allowed`.
    package func check(_ ports: AllowedPorts) throws(PixelFlowError) {
        guard ports.contains(port) else { throw .portNotAllowed(port, of: ports) }
    }

    /// Resolves a `Location` header (RFC 3986, section 5.2) without its fragment. As in browsers, surrounding spaces and any tabs and line
    /// breaks are ignored.
    ///
    /// - Throws: `url_invalid`.
    package func resolving(_ location: String) throws(PixelFlowError) -> SourceURL {
        // Checked first: the header comes from a third party, and its length is not limited otherwise.
        guard location.utf8.count <= Self.maximumLength else { throw .urlTooLong }
        let plain = String(String.UnicodeScalarView(location.unicodeScalars.filter { !["\t", "\n", "\r"].contains($0) }))
        let whole = Self.withoutSpacesAround(plain)
        var reference = whole[..<(whole.unicodeScalars.firstIndex(of: "#") ?? whole.endIndex)]
        if let colon = reference.firstIndex(of: ":"), Self.isScheme(reference[..<colon]) {
            guard reference[..<colon].lowercased() == scheme.rawValue, !reference[colon...].hasPrefix("://") else {
                return try SourceURL(String(reference))
            }
            // `http:path` is a relative reference by the old rule, which browsers follow. The rest is a path, even if it looks like a URL
            // with a scheme.
            reference = reference[reference.index(after: colon)...]
        }
        if reference.hasPrefix("//") { return try SourceURL("\(scheme.rawValue):\(reference)") }
        return try SourceURL("\(origin)\(URLTarget.merged(base: target, reference: reference))")
    }

    private static func isScheme(_ text: Substring) -> Bool {
        text.first?.isASCII == true && text.first?.isLetter == true
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    private var origin: String { "\(scheme.rawValue)://\(host.urlText)" + (port == scheme.defaultPort ? "" : ":\(port)") }
}

extension SourceURL: CustomStringConvertible {
    package var description: String { origin + target }
}

extension PixelFlowError {
    /// A URL that can never be fetched.
    package static func urlInvalid(_ message: String) -> PixelFlowError { PixelFlowError(.invalid, code: "url_invalid", message) }

    static let urlTooLong = urlInvalid("The URL is longer than \(SourceURL.maximumLength) bytes.")

    package static func portNotAllowed(_ port: Int, of ports: AllowedPorts) -> PixelFlowError {
        PixelFlowError(.invalid, code: "port_not_allowed", "Port \(port) is not allowed; the allowed ports are \(ports).")
    }
}
