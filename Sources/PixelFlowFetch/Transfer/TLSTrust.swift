import NIOCore
import NIOSSL
import PixelFlowCore
import PixelFlowURL

/// The trusted certificate authorities, read once because that takes milliseconds.
struct TLSTrust: Sendable {
    let context: NIOSSLContext

    /// - Throws: `PixelFlowError` `setting_invalid` if the file cannot be read.
    init(rootsFile: String?) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let rootsFile { configuration.trustRoots = .file(rootsFile) }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            let file = rootsFile ?? "of the operating system"
            throw PixelFlowError(
                .invalid, code: "setting_invalid", "The certificate authorities (\(file)) cannot be read.", cause: error)
        }
    }
}

/// Verifies a server's certificate against the requested host name.
///
/// NIOSSL also accepts a certificate for the IP address of the connection, whatever the name. Anyone who can point a name at their own
/// address can have such a certificate, so it must not be accepted for a name.
enum CertificateName {
    /// The TLS handler of a connection to `host`: checks the chain and the name of the certificate.
    static func handler(for host: SourceHost, context: NIOSSLContext) throws -> NIOSSLClientHandler {
        // For a host without a name, only the address can match.
        guard case .name(let name) = host else { return try NIOSSLClientHandler(context: context, serverHostname: nil) }
        return try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: name) { certificate, channel in
            channel.eventLoop.makeCompletedFuture {
                guard names(of: certificate).contains(where: { matches($0, name) }) else { throw CertificateMismatchError(name: name) }
            }
        }
    }

    private static func names(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().filter { $0.nameType == .dnsName }
            .map { String(decoding: $0.contents, as: UTF8.self).lowercased() }
    }

    /// RFC 6125: the same name, or a pattern whose whole first label is `*`.
    private static func matches(_ pattern: String, _ name: String) -> Bool {
        if pattern == name { return true }
        guard pattern.hasPrefix("*."), let dot = name.firstIndex(of: ".") else { return false }
        return pattern.dropFirst() == name[dot...]
    }
}

/// A trusted certificate that is for another name.
struct CertificateMismatchError: Error, CustomStringConvertible {
    var name: String
    var description: String { "the certificate is not for \(name)" }
}
