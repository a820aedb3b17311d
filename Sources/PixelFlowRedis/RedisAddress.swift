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
    package init(url text: String, setting: String) throws(PixelFlowError) {
        func invalid(_ problem: String) -> PixelFlowError { .invalid(setting, "\(setting) \(problem)", code: "setting_invalid") }
        // Whoever writes `#` in a password would otherwise connect with a part of it.
        guard !text.contains("#") else { throw invalid("must not have a fragment; write # as %23 in a password.") }
        let url: ServerURL
        do throws(ServerURL.Part) { url = try ServerURL(parsing: text) } catch { throw invalid(Self.expectation(of: error)) }
        switch url.scheme {
        case "redis": isTLS = false
        case "rediss": isTLS = true
        case let scheme where scheme.contains("sentinel") || scheme.contains("cluster"):
            throw invalid("names \(scheme); Sentinel and Redis Cluster are not supported. Name one server with redis:// or rediss://.")
        default: throw invalid("must begin with memory:, redis:// or rediss://.")
        }
        guard url.hosts.count == 1 else {
            throw invalid("names several servers; Sentinel and Redis Cluster are not supported. Name one server.")
        }
        host = url.hosts[0].name
        port = url.hosts[0].port ?? 6379
        guard let database = url.path.isEmpty ? 0 : Int(url.path), (0...9999).contains(database) else {
            throw invalid("must end with the number of a database, as in redis://HOST:PORT/0.")
        }
        self.database = database
        let credentials = url.credentials.flatMap { $0.user.isEmpty && $0.password == nil ? nil : $0 }
        guard credentials?.password?.isEmpty != true, credentials == nil || credentials?.password != nil else {
            throw invalid(Self.expectation(of: .credentials))
        }
        user = credentials.flatMap { $0.user.isEmpty ? nil : $0.user }
        password = credentials?.password
        let file = url.query.first?.value ?? ""
        guard url.query.isEmpty || isTLS && url.query.count == 1 && url.query[0].name == "ca_file" && !file.isEmpty else {
            throw invalid(Self.expectation(of: .query))
        }
        trustedCertificates = url.query.isEmpty ? nil : file
    }

    private static func expectation(of part: ServerURL.Part) -> String {
        switch part {
        case .scheme: "must be memory:, redis://HOST:PORT/DATABASE or rediss://HOST:PORT/DATABASE."
        case .credentials: "must have the form USER:PASSWORD@ or :PASSWORD@ before the host, percent-encoded."
        case .host, .port: "must name a host and, if not 6379, a port: HOST:PORT."
        case .query: "may have one parameter, ca_file=PATH with rediss://."
        }
    }
}
