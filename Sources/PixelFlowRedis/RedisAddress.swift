package import PixelFlowCore
import WireFormats

/// The address and credentials of a Redis or Valkey server: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, or `rediss://` for TLS.
package struct RedisAddress: Sendable, Hashable {
    package let host: String
    package let port: Int
    package let isTLS: Bool
    /// Nil for the default user.
    package let user: String?
    /// Never logged.
    package let password: String?
    package let database: Int
    /// A PEM file with the trusted certificate authorities; nil for those of the system.
    package let trustedCertificates: String?

    /// Parses a URL.
    ///
    /// - Throws: `setting_invalid`, which names the invalid part but not its value, because it may contain a password.
    package init(url: String, setting: String) throws(PixelFlowError) {
        func invalid(_ text: String) -> PixelFlowError { .invalid(setting, "\(setting) \(text)", code: "setting_invalid") }
        guard let schemeEnd = url.firstRange(of: "://") else {
            throw invalid("must be memory:, redis://HOST:PORT/DATABASE or rediss://HOST:PORT/DATABASE.")
        }
        switch url[..<schemeEnd.lowerBound] {
        case "redis": isTLS = false
        case "rediss": isTLS = true
        case let scheme where scheme.contains("sentinel") || scheme.contains("cluster"):
            throw invalid("names \(scheme); Sentinel and Redis Cluster are not supported. Name one server with redis:// or rediss://.")
        default: throw invalid("must begin with memory:, redis:// or rediss://.")
        }
        var rest = url[schemeEnd.upperBound...]
        guard !rest.contains("#") else { throw invalid("must not have a fragment; write # as %23 in a password.") }
        var query: Substring?
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        var path: Substring = ""
        if let slash = rest.firstIndex(of: "/") {
            path = rest[rest.index(after: slash)...]
            rest = rest[..<slash]
        }
        var credentials: Substring?
        if let at = rest.lastIndex(of: "@") {
            credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        guard !rest.contains(",") else {
            throw invalid("names several servers; Sentinel and Redis Cluster are not supported. Name one server.")
        }
        guard let (host, port) = Self.hostAndPort(rest) else { throw invalid("must name a host and, if not 6379, a port: HOST:PORT.") }
        self.host = host
        self.port = port
        guard let database = path.isEmpty ? 0 : Int(path), (0...9999).contains(database) else {
            throw invalid("must end with the number of a database, as in redis://HOST:PORT/0.")
        }
        self.database = database
        guard let (user, password) = Self.credentials(credentials) else {
            throw invalid("must have the form USER:PASSWORD@ or :PASSWORD@ before the host, percent-encoded.")
        }
        self.user = user
        self.password = password
        trustedCertificates = try Self.trustedCertificates(query, isTLS: isTLS, invalid)
    }

    private static func hostAndPort(_ text: Substring) -> (String, Int)? {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, let number = port.map({ Int($0) }) ?? 6379, (1...65_535).contains(number) else { return nil }
        return (String(host), number)
    }

    private static func credentials(_ text: Substring?) -> (user: String?, password: String?)? {
        guard let text, !text.isEmpty else { return (nil, nil) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, let user = decoded(parts[0]), let password = decoded(parts[1]) else { return nil }
        return (user.isEmpty ? nil : user, password)
    }

    private static func trustedCertificates(
        _ query: Substring?, isTLS: Bool, _ invalid: (String) -> PixelFlowError
    ) throws(PixelFlowError) -> String? {
        guard let query else { return nil }
        let parts = query.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard isTLS, parts.count == 2, parts[0] == "ca_file", let file = decoded(parts[1]), !file.isEmpty, !parts[1].contains("&") else {
            throw invalid("may have one parameter, ca_file=PATH with rediss://.")
        }
        return file
    }

    private static func decoded(_ text: Substring) -> String? {
        PercentEncoding.decoded(text.utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
