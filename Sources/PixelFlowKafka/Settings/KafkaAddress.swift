import Foundation
package import PixelFlowCore

/// The address and connection properties of a Kafka cluster:
/// `kafka://[user:password@]host[:port][,host[:port]…][?property=value…]`.
///
/// The properties are those of librdkafka, with `_` instead of `.`. User and password are percent-encoded, and
/// make SASL over TLS the default.
package struct KafkaAddress: Sendable, Hashable {
    /// The properties allowed in a URL.
    static let properties: Set<String> = [
        "security_protocol", "sasl_mechanism", "ssl_ca_location", "ssl_certificate_location", "ssl_key_location", "ssl_key_password",
        "ssl_endpoint_identification_algorithm", "enable_ssl_certificate_verification",
    ]
    static let defaultPort = 9092

    /// Initial `host:port` addresses; the cluster reports all others.
    package var servers: [String]
    /// By librdkafka property name. May contain secrets.
    package var security: [String: String]

    /// - Throws: `setting_invalid` without any part of the URL, because it may contain a password.
    package init(_ url: String) throws(PixelFlowError) {
        let scheme = "kafka://"
        guard url.hasPrefix(scheme) else { throw Self.invalid("begins with \(scheme)") }
        let parts = url.dropFirst(scheme.count).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var authority = parts[0]
        security = [:]
        if let at = authority.lastIndex(of: "@") {
            security = try Self.credentials(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        servers = try Self.servers(authority)
        if parts.count > 1 { try security.merge(Self.query(parts[1])) { _, explicit in explicit } }
    }

    /// Applies these credentials, unless the URL contains some.
    mutating func authenticate(user: String, password: String) {
        guard !user.isEmpty, security["sasl.username"] == nil else { return }
        security.merge(Self.credentials(user: user, password: password)) { explicit, _ in explicit }
    }

    private static func servers(_ text: Substring) throws(PixelFlowError) -> [String] {
        var servers: [String] = []
        for server in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard !server.isEmpty, !server.contains("/") else { throw invalid("names its hosts as host:port,host:port") }
            let afterAddress = server.lastIndex(of: "]").map { server[$0...] } ?? server
            guard let colon = afterAddress.lastIndex(of: ":") else {
                servers.append("\(server):\(defaultPort)")
                continue
            }
            guard let port = Int(server[server.index(after: colon)...]), (1...65535).contains(port), colon > server.startIndex else {
                throw invalid("has ports from 1 to 65535")
            }
            servers.append(String(server))
        }
        return servers
    }

    private static func credentials(_ text: Substring) throws(PixelFlowError) -> [String: String] {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let user = String(parts[0]).removingPercentEncoding, !user.isEmpty,
            let password = String(parts[1]).removingPercentEncoding
        else { throw invalid("has its credentials as user:password, percent-encoded") }
        return credentials(user: user, password: password)
    }

    private static func credentials(user: String, password: String) -> [String: String] {
        ["security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": user, "sasl.password": password]
    }

    private static func query(_ text: Substring) throws(PixelFlowError) -> [String: String] {
        var found: [String: String] = [:]
        for item in text.split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard properties.contains(pair[0]) else {
                throw invalid("has no properties but \(properties.sorted().joined(separator: ", "))")
            }
            guard pair.count == 2, let value = pair[1].removingPercentEncoding, !value.isEmpty else {
                throw invalid("has a value for \(pair[0])")
            }
            found[pair[0].replacing("_", with: ".")] = value
        }
        return found
    }

    private static func invalid(_ expected: String) -> PixelFlowError {
        .invalid(
            KafkaSettings.brokerSetting.description.name,
            "\(KafkaSettings.brokerSetting.description.name) must be a Kafka URL that \(expected).", code: "setting_invalid")
    }
}

extension KafkaAddress: CustomStringConvertible {
    /// Without credentials.
    package var description: String { "kafka://" + servers.joined(separator: ",") }
}
