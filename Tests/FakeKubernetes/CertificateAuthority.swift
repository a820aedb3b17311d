import Crypto
package import Foundation
import SwiftASN1
import X509

/// A certificate with its key, as PEM.
package struct IssuedCertificate: Sendable {
    package let certificate: String
    package let key: String
}

/// A certificate authority for a test.
package struct CertificateAuthority: Sendable {
    private let key: P256.Signing.PrivateKey
    private let root: Certificate
    /// PEM.
    package let certificate: String

    package init(name: String = "stand-in CA") throws {
        key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName(name) }
        root = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: -86_400), notValidAfter: Date(timeIntervalSinceNow: 86_400),
            issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: .init(key))
        certificate = try root.serializeAsPEM().pemString
    }

    /// A server certificate for names and IPv4 addresses.
    package func server(
        names: [String] = ["localhost", "kubernetes"], addresses: [[UInt8]] = [[127, 0, 0, 1]],
        from: TimeInterval = -3_600, until: TimeInterval = 3_600
    ) throws -> IssuedCertificate {
        let alternatives = names.map { GeneralName.dnsName($0) } + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        return try issue(
            try DistinguishedName { CommonName("kube-apiserver") }, from: from, until: until,
            extensions: try Certificate.Extensions {
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(alternatives)
            })
    }

    /// A user certificate in Kubernetes' convention: the common name is the user, organizations are groups.
    package func client(
        user: String, groups: [String] = [], from: TimeInterval = -3_600, until: TimeInterval = 3_600
    ) throws -> IssuedCertificate {
        let subject = try DistinguishedName {
            for group in groups { OrganizationName(group) }
            CommonName(user)
        }
        return try issue(subject, from: from, until: until, extensions: try Certificate.Extensions { try ExtendedKeyUsage([.clientAuth]) })
    }

    private func issue(
        _ subject: DistinguishedName, from: TimeInterval, until: TimeInterval, extensions: Certificate.Extensions
    ) throws -> IssuedCertificate {
        let leaf = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(leaf.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: from), notValidAfter: Date(timeIntervalSinceNow: until),
            issuer: root.subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: .init(key))
        return IssuedCertificate(certificate: try certificate.serializeAsPEM().pemString, key: leaf.pemRepresentation)
    }
}
