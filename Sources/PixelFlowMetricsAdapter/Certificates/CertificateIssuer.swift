import Crypto
import FoundationEssentials
import X509

/// Issues certificates for the adapter's names, signed by its own authority.
struct CertificateIssuer: Sendable {
    /// The DNS names of the Service.
    let names: [String]
    /// Long, because a change of the authority must be published to the API server.
    var authorityLifetime: TimeInterval = 10 * 365 * day
    /// Certificates are renewed after two thirds, that is, sixty days.
    var lifetime: TimeInterval = 90 * day
    /// Allows for clocks that are slow.
    static let leeway: TimeInterval = 5 * 60
    static let day: TimeInterval = 86_400

    func first(at time: Date) throws -> ServingCertificate {
        try issue(under: try authority(at: time), at: time)
    }

    /// A new certificate from the same authority, so that the trust need not change. If the authority itself
    /// would expire before the certificate, a new one is created, and the old one stays trusted while it is valid.
    func renewed(_ old: ServingCertificate, at time: Date) throws -> ServingCertificate {
        let former = old.authorities.filter { time < $0.notValidAfter }
        if let current = old.authorities.first, current.notValidAfter > time.addingTimeInterval(lifetime) {
            return try issue(under: Authority(certificate: current, key: old.authorityKey, former: Array(former.dropFirst())), at: time)
        }
        var fresh = try authority(at: time)
        fresh.former = former
        return try issue(under: fresh, at: time)
    }

    private struct Authority {
        let certificate: Certificate
        let key: P256.Signing.PrivateKey
        var former: [Certificate] = []
    }

    private func authority(at time: Date) throws -> Authority {
        let key = P256.Signing.PrivateKey()
        // The time distinguishes an authority from its predecessor.
        let subject = try DistinguishedName { CommonName("pixelflow-metrics-adapter-ca@\(Int(time.timeIntervalSince1970))") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: time.addingTimeInterval(-Self.leeway), notValidAfter: time.addingTimeInterval(authorityLifetime),
            issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
                SubjectKeyIdentifier(hash: .init(key.publicKey))
            },
            issuerPrivateKey: .init(key))
        return Authority(certificate: certificate, key: key)
    }

    private func issue(under authority: Authority, at time: Date) throws -> ServingCertificate {
        let key = P256.Signing.PrivateKey()
        let issuerID = SubjectKeyIdentifier(hash: .init(authority.key.publicKey)).keyIdentifier
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: time.addingTimeInterval(-Self.leeway), notValidAfter: time.addingTimeInterval(lifetime),
            issuer: authority.certificate.subject, subject: try DistinguishedName { CommonName("pixelflow-metrics-adapter") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names.map { .dnsName($0) })
                AuthorityKeyIdentifier(keyIdentifier: issuerID)
            },
            issuerPrivateKey: .init(authority.key))
        return ServingCertificate(
            authorities: [authority.certificate] + authority.former, authorityKey: authority.key, certificate: certificate, key: key)
    }
}
