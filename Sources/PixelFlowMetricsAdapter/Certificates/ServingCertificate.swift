import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// The certificate that the adapter serves, with everything needed to renew it.
struct ServingCertificate: Sendable {
    /// Why a certificate cannot be used.
    struct UnusableError: Error, CustomStringConvertible {
        let description: String
    }

    /// The trusted authorities: the issuer of the certificate first, then earlier ones that are still valid.
    let authorities: [Certificate]
    /// The key of the first authority.
    let authorityKey: P256.Signing.PrivateKey
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// After two thirds of its lifetime, which leaves a third for retries if the cluster cannot be written to.
    var renewalTime: Date {
        let life = certificate.notValidAfter.timeIntervalSince(certificate.notValidBefore)
        return certificate.notValidBefore.addingTimeInterval(life * 2 / 3)
    }

    /// - Throws: `UnusableError` if it could not currently serve these names.
    func check(names: [String], at time: Date) throws(UnusableError) {
        guard let authority = authorities.first, authority.publicKey == Certificate.PublicKey(authorityKey.publicKey),
            certificate.publicKey == Certificate.PublicKey(key.publicKey)
        else { throw UnusableError(description: "keys and certificates do not belong together") }
        guard authority.publicKey.isValidSignature(certificate.signature, for: certificate) else {
            throw UnusableError(description: "the certificate is not signed by its authority")
        }
        guard certificate.notValidBefore <= time, time < certificate.notValidAfter, time < authority.notValidAfter else {
            throw UnusableError(description: "the certificate is not valid at present")
        }
        guard Set(names).isSubset(of: certificate.hostNames) else {
            throw UnusableError(description: "the certificate is for other names")
        }
    }
}

extension Certificate {
    /// The names in the certificate.
    var hostNames: Set<String> {
        let alternatives = (try? extensions.subjectAlternativeNames).flatMap { $0 }.map(Array.init) ?? []
        return Set(alternatives.compactMap { if case .dnsName(let name) = $0 { name } else { nil } })
    }
}

/// Concatenated PEM certificates.
enum CertificateChain {
    /// Ignores other PEM blocks.
    static func parse(_ text: String) throws -> [Certificate] {
        try PEMDocument.parseMultiple(pemString: text).filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
            .map { try Certificate(pemDocument: $0) }
    }

    static func text(_ certificates: [Certificate]) throws -> String {
        try certificates.map { try $0.serializeAsPEM().pemString + "\n" }.joined()
    }
}
