package import PixelFlowCore
import WireFormats

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
    package init(_ text: String) throws(PixelFlowError) {
        let url: ServerURL
        do throws(ServerURL.Part) { url = try ServerURL(parsing: text) } catch {
            throw Self.invalid(Self.expectation(of: error))
        }
        guard url.scheme == "kafka" else { throw Self.invalid(Self.expectation(of: .scheme)) }
        guard url.path.isEmpty else { throw Self.invalid(Self.expectation(of: .host)) }
        servers = url.hosts.map { $0.text(defaultPort: Self.defaultPort) }
        security = [:]
        if let credentials = url.credentials {
            guard let password = credentials.password, !credentials.user.isEmpty else {
                throw Self.invalid(Self.expectation(of: .credentials))
            }
            security = Self.credentials(user: credentials.user, password: password)
        }
        for (name, value) in url.query {
            guard Self.properties.contains(name) else {
                throw Self.invalid("has no properties but \(Self.properties.sorted().joined(separator: ", "))")
            }
            guard let value, !value.isEmpty else { throw Self.invalid("has a value for \(name)") }
            security[name.replacing("_", with: ".")] = value
        }
    }

    /// Applies these credentials, unless the URL contains some.
    mutating func authenticate(user: String, password: String) {
        guard !user.isEmpty, security["sasl.username"] == nil else { return }
        security.merge(Self.credentials(user: user, password: password)) { explicit, _ in explicit }
    }

    private static func credentials(user: String, password: String) -> [String: String] {
        ["security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": user, "sasl.password": password]
    }

    private static func expectation(of part: ServerURL.Part) -> String {
        switch part {
        case .scheme: "begins with kafka://"
        case .credentials: "has its credentials as user:password, percent-encoded"
        case .host: "names its hosts as host:port,host:port"
        case .port: "has ports from 1 to 65535"
        case .query: "has percent-encoded values of its properties"
        }
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
