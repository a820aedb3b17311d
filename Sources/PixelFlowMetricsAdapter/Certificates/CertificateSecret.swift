import Crypto
import FoundationEssentials
import KubernetesClient
import WireFormats
import X509

/// The format of a certificate in its Secret.
enum CertificateSecret {
    static let type = "kubernetes.io/tls"

    static func data(_ certificate: ServingCertificate) throws -> JSONValue {
        func encoded(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }
        return [
            "ca.crt": encoded(try CertificateChain.text(certificate.authorities)),
            "ca.key": encoded(certificate.authorityKey.pemRepresentation),
            "tls.crt": encoded(try CertificateChain.text([certificate.certificate])),
            "tls.key": encoded(certificate.key.pemRepresentation),
        ]
    }

    static func object(_ name: String, _ certificate: ServingCertificate) throws -> JSONValue {
        [
            "metadata": ["name": .string(name), "labels": ["app.kubernetes.io/managed-by": "pixelflow-metrics-adapter"]],
            "type": .string(type), "data": try data(certificate),
        ]
    }

    /// - Throws: `ServingCertificate.UnusableError`, which contains no data of the Secret.
    static func certificate(of secret: JSONValue) throws(ServingCertificate.UnusableError) -> ServingCertificate {
        func text(_ key: String) throws(ServingCertificate.UnusableError) -> String {
            guard let encoded = secret["data"]?[key]?.stringValue, let bytes = Data(base64Encoded: encoded) else {
                throw ServingCertificate.UnusableError(description: "the Secret has no \(key)")
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        let (authorities, authorityKey) = (try text("ca.crt"), try text("ca.key"))
        let (certificate, key) = (try text("tls.crt"), try text("tls.key"))
        do {
            guard let leaf = try CertificateChain.parse(certificate).first else {
                throw ServingCertificate.UnusableError(description: "tls.crt is empty")
            }
            return ServingCertificate(
                authorities: try CertificateChain.parse(authorities),
                authorityKey: try P256.Signing.PrivateKey(pemRepresentation: authorityKey), certificate: leaf,
                key: try P256.Signing.PrivateKey(pemRepresentation: key))
        } catch {
            throw (error as? ServingCertificate.UnusableError)
                ?? ServingCertificate.UnusableError(description: "a key or certificate cannot be read")
        }
    }
}
