import Foundation
import PixelFlowCore

/// Scheme, host and port of the server.
struct S3Endpoint: Sendable, Hashable {
    let scheme: String
    /// Without brackets if it is an IPv6 address.
    let host: String
    /// Nil for the default port of the scheme.
    let port: Int?

    static func aws(region: String) -> S3Endpoint { S3Endpoint(scheme: "https", host: "s3.\(region).amazonaws.com", port: nil) }

    private init(scheme: String, host: String, port: Int?) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    init(_ text: String) throws(PixelFlowError) {
        guard let url = URLComponents(string: text), let scheme = url.scheme, scheme == "http" || scheme == "https",
            let host = url.host, !host.isEmpty, url.user == nil, url.password == nil,
            url.path.isEmpty || url.path == "/", url.query == nil, url.fragment == nil
        else { throw S3URL.invalid("has an endpoint that is not of the form http[s]://host[:port]") }
        self.init(scheme: scheme, host: host.trimmingCharacters(in: ["[", "]"]), port: url.port == Self.port(of: scheme) ? nil : url.port)
    }

    /// The endpoint with the bucket as a subdomain.
    func host(of bucket: String) -> S3Endpoint { S3Endpoint(scheme: scheme, host: "\(bucket).\(host)", port: port) }

    /// The value of the `Host` header; clients omit the scheme's default port.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "") }

    /// Whether the host is an IP address, which cannot have subdomains.
    var isAddress: Bool {
        host.contains(":") || host.split(separator: ".").last.map { $0.allSatisfy(\.isNumber) } == true
    }

    private static func port(of scheme: String) -> Int { scheme == "https" ? 443 : 80 }
}
