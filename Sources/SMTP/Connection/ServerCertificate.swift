import NIOCore
import NIOSSL

/// Verifies that a certificate is for the requested server name.
///
/// NIOSSL also accepts a certificate for the IP address of the connection. An attacker who can redirect a name to their own address
/// can obtain such a certificate and would get the password.
enum ServerCertificate {
    /// The TLS handler for a connection to `host`, a name or an address.
    static func handler(for host: String, context: NIOSSLContext) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        // SNI does not allow IP addresses; NIOSSL compares the certificate with that of the connection.
        if isAddress { return try NIOSSLClientHandler(context: context, serverHostname: nil) }
        let name = host.lowercased()
        return try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: name) { certificate, channel in
            channel.eventLoop.makeCompletedFuture {
                let isNamed = certificate._subjectAlternativeNames().contains { entry in
                    entry.nameType == .dnsName && covers(String(decoding: entry.contents, as: UTF8.self).lowercased(), name)
                }
                guard isNamed else { throw SMTPError(.security, "The certificate is not for \(name).") }
            }
        }
    }

    /// RFC 6125: `*` matches exactly the first label.
    private static func covers(_ pattern: String, _ name: String) -> Bool {
        guard pattern.hasPrefix("*."), let rest = name.firstIndex(of: ".") else { return pattern == name }
        return name[rest...] == pattern.dropFirst()
    }
}
