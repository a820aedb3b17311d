import Crypto
import FoundationEssentials
import KubernetesClient
import NIOSSL
import Synchronization
import X509

/// The certificate for new connections.
final class ServingIdentity: Sendable {
    private struct State {
        var context: NIOSSLContext?
        var serial: [UInt8] = []
        var expiry = Date.distantPast
    }

    private let state = Mutex(State())

    /// Nil until there is a certificate.
    var context: NIOSSLContext? { state.withLock { $0.context } }

    func isValid(at time: Date) -> Bool { state.withLock { $0.context != nil && time < $0.expiry } }

    /// Existing connections are unaffected.
    /// - Throws: if TLS cannot use the certificate.
    func use(_ certificate: ServingCertificate) throws {
        let serial = Array(certificate.certificate.serialNumber.bytes)
        guard state.withLock({ $0.serial != serial }) else { return }
        let context = try NIOSSLContext(configuration: Self.configuration(certificate))
        state.withLock { state in
            state = State(context: context, serial: serial, expiry: certificate.certificate.notValidAfter)
        }
    }

    private static func configuration(_ certificate: ServingCertificate) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(try CertificateChain.text([certificate.certificate]).utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(certificate.key.pemRepresentation.utf8), format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        // Requested here and verified later: a client with no certificate or an invalid one gets a 401 with the reason.
        tls.certificateVerification = .optionalVerification
        return tls
    }
}
