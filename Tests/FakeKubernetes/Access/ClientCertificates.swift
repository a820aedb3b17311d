import Foundation
import NIOSSL
import SwiftASN1
import X509

/// Reads users from client certificates, like the API server: an invalid certificate counts
/// as none.
struct ClientCertificates: Sendable {
    private let authority: Certificate

    init(authority: CertificateAuthority) throws {
        self.authority = try Certificate(pemEncoded: authority.certificate)
    }

    func user(of peer: NIOSSLCertificate?) -> FakeClusterUser? {
        guard let peer, let certificate = try? Certificate(derEncoded: peer.toDERBytes()),
            authority.publicKey.isValidSignature(certificate.signature, for: certificate),
            certificate.notValidBefore < Date.now, Date.now < certificate.notValidAfter
        else { return nil }
        let attributes = certificate.subject.flatMap { $0 }
        let name = attributes.first { $0.type == .RDNAttributeType.commonName }
        let groups = attributes.filter { $0.type == .RDNAttributeType.organizationName }
        return name.map { FakeClusterUser(name: "\($0.value)", groups: groups.map { "\($0.value)" }) }
    }
}
