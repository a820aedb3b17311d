import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// The certificate of a server that accepts no clients. The key of its authority is discarded, so that no client can ever have a
/// certificate that the server accepts.
enum SealedCertificate {
    /// No one checks the expiry, but a server that could not load its certificate would accept everyone.
    private static let lifetime: TimeInterval = 20 * 365 * 86_400
    /// Allows for clocks that are slow.
    private static let leeway: TimeInterval = 300

    /// The keys of a Secret with the authority, the certificate and its private key.
    static func keys(of name: String) -> [String] { ["\(name)-ca.crt", "\(name).crt", "\(name).key"] }

    /// New files in PEM, by the keys of the Secret.
    static func files(of name: String, at time: Date) throws -> [String: String] {
        let (authorityKey, key) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
        let issuer = try DistinguishedName { CommonName("\(name)-ca") }
        let authority = try certificate(of: authorityKey, for: issuer, by: authorityKey, issuer, at: time, isAuthority: true)
        let subject = try DistinguishedName { CommonName(name) }
        let leaf = try certificate(of: key, for: subject, by: authorityKey, issuer, at: time, isAuthority: false)
        let texts = [try authority.serializeAsPEM().pemString, try leaf.serializeAsPEM().pemString, key.pemRepresentation]
        return Dictionary(zip(keys(of: name), texts)) { $1 }
    }

    private static func certificate(
        of key: P256.Signing.PrivateKey, for subject: DistinguishedName, by issuerKey: P256.Signing.PrivateKey, _ issuer: DistinguishedName,
        at time: Date, isAuthority: Bool
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: time.addingTimeInterval(-leeway), notValidAfter: time.addingTimeInterval(lifetime), issuer: issuer,
            subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(isAuthority ? BasicConstraints.isCertificateAuthority(maxPathLength: 0) : .notCertificateAuthority)
                Critical(isAuthority ? KeyUsage(keyCertSign: true) : KeyUsage(digitalSignature: true))
            },
            issuerPrivateKey: .init(issuerKey))
    }
}
