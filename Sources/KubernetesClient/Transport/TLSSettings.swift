import FoundationEssentials
import NIOSSL

/// The TLS part of a configuration.
struct TLSSettings: Sendable {
    let base: TLSConfiguration

    /// - Throws: `KubernetesError` of kind `configuration` if the certificate authorities cannot be read.
    init(_ configuration: ClusterConfiguration) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if configuration.skipsVerification {
            tls.certificateVerification = .none
        } else if let authority = configuration.authority {
            tls.trustRoots = .certificates(try Self.certificates(authority, "the cluster's certificate authority"))
        }
        base = tls
    }

    func with(_ identity: ClientIdentity?) -> TLSConfiguration {
        guard let identity else { return base }
        var tls = base
        tls.certificateChain = identity.chain.map { .certificate($0) }
        tls.privateKey = .privateKey(identity.key)
        return tls
    }

    static func certificates(_ material: Kubeconfig.Material, _ what: String) throws -> [NIOSSLCertificate] {
        let bytes = try material.contents(what)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw KubernetesError(.configuration, "\(what) is not a PEM certificate")
        }
        return certificates
    }
}

/// A client certificate with its key.
struct ClientIdentity: Sendable, Hashable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    /// - Throws: `KubernetesError` of kind `credentials`.
    init(certificate: Kubeconfig.Material, key: Kubeconfig.Material) throws {
        try self.init(
            certificatePEM: certificate.contents("the client certificate", kind: .credentials),
            keyPEM: key.contents("the client key", kind: .credentials))
    }

    init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificatePEM), !chain.isEmpty else {
            throw KubernetesError(.credentials, "the client certificate is not PEM")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: keyPEM, format: .pem) else {
            throw KubernetesError(.credentials, "the client key is not an unencrypted PEM key")
        }
        self.chain = chain
        self.key = key
    }

    /// When the certificate expires.
    var expiry: Timestamp? { chain.first.map { Timestamp(secondsSinceEpoch: Double($0.notValidAfter)) } }
}

extension Kubeconfig.Material {
    /// - Throws: `KubernetesError` of this kind, mentioning `what`.
    func contents(_ what: String, kind: KubernetesError.Kind = .configuration) throws -> [UInt8] {
        switch self {
        case .file(let path):
            do {
                return try ConfigurationFile.read(path)
            } catch {
                throw KubernetesError(kind, "\(what) cannot be read: \(error)")
            }
        case .base64(let text):
            guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters), !data.isEmpty else {
                throw KubernetesError(kind, "\(what) in the kubeconfig is not base64")
            }
            return [UInt8](data)
        }
    }
}
