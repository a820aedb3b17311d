import NIOCore
package import NIOSSL

/// Verifies that a certificate is for the requested server name.
///
/// NIOSSL also accepts a certificate for the IP address of the connection, whatever the name. Anyone who can point or redirect a name to
/// an address of their own can have such a certificate, and would get the request with its password.
package enum ServerCertificate {
    /// The TLS handler for a connection to `host`, a name or an address: checks the chain and the name of the certificate.
    ///
    /// The handshake fails with `CertificateMismatchError` if the certificate is for another name.
    package static func handler(for host: String, context: NIOSSLContext) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        // SNI does not allow IP addresses; NIOSSL compares the certificate with that of the connection.
        if isAddress { return try NIOSSLClientHandler(context: context, serverHostname: nil) }
        let name = host.lowercased()
        return try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: name) { certificate, channel in
            channel.eventLoop.makeCompletedFuture {
                let isNamed = certificate._subjectAlternativeNames().contains { entry in
                    entry.nameType == .dnsName && covers(String(decoding: entry.contents, as: UTF8.self).lowercased(), name)
                }
                guard isNamed else { throw CertificateMismatchError(name: name) }
            }
        }
    }

    /// RFC 6125: `*` matches exactly the first label.
    private static func covers(_ pattern: String, _ name: String) -> Bool {
        guard pattern.hasPrefix("*."), let rest = name.firstIndex(of: ".") else { return pattern == name }
        return name[rest...] == pattern.dropFirst()
    }
}

/// A trusted certificate that is for another name.
package struct CertificateMismatchError: Error, CustomStringConvertible {
    let name: String
    package var description: String { "the certificate is not for \(name)" }
}
