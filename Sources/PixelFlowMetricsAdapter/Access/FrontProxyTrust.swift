import Foundation
import KubernetesClient
import SwiftASN1
import WireFormats
import X509

/// The trust in the API server's front-proxy certificate, whose holder identifies callers in request headers.
struct FrontProxyTrust: Sendable, Hashable {
    /// The ConfigMap in which every cluster publishes this trust for extension API servers.
    static let configMap = (namespace: "kube-system", name: "extension-apiserver-authentication")

    /// An error in the ConfigMap.
    struct ConfigurationError: Error, CustomStringConvertible {
        let description: String
    }

    let authorities: [Certificate]
    /// Common names; empty to accept all certificates signed by the authorities.
    let allowedNames: [String]
    let userHeaders: [String]
    let groupHeaders: [String]
    let uidHeaders: [String]
    let extraPrefixes: [String]

    /// - Throws: `ConfigurationError` if there is no authority, or a value cannot be parsed.
    init(_ configMap: JSONValue) throws(ConfigurationError) {
        func names(_ key: String, default preset: [String] = []) throws(ConfigurationError) -> [String] {
            guard let text = configMap["data"]?[key]?.stringValue, !text.isEmpty else { return preset }
            guard let values = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
                throw ConfigurationError(description: "\(key) is not a list of names")
            }
            return values
        }
        authorities = try Self.certificates(configMap["data"]?["requestheader-client-ca-file"]?.stringValue ?? "")
        allowedNames = try names("requestheader-allowed-names")
        userHeaders = try names("requestheader-username-headers", default: ["X-Remote-User"])
        groupHeaders = try names("requestheader-group-headers", default: ["X-Remote-Group"])
        uidHeaders = try names("requestheader-uid-headers", default: ["X-Remote-Uid"])
        extraPrefixes = try names("requestheader-extra-headers-prefix", default: ["X-Remote-Extra-"])
    }

    private static func certificates(_ text: String) throws(ConfigurationError) -> [Certificate] {
        let found: [Certificate]
        do {
            found = try CertificateChain.parse(text)
        } catch {
            throw ConfigurationError(description: "requestheader-client-ca-file cannot be read: \(error)")
        }
        guard !found.isEmpty else { throw ConfigurationError(description: "the cluster has no requestheader-client-ca-file") }
        return found
    }

    /// Whether a certificate chain, leaf first, belongs to the API server.
    func accepts(_ chain: [Certificate]) async -> Bool {
        guard let leaf = chain.first, allowedNames.isEmpty || allowedNames.contains(leaf.commonName ?? "") else { return false }
        var verifier = Verifier(rootCertificates: CertificateStore(authorities)) {
            RFC5280Policy()
            ClientUsePolicy()
        }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
        if case .validCertificate = result { return true }
        return false
    }

    /// - Parameter headers: of the request, in order. Must be used only if `accepts` has returned true.
    /// - Returns: nil if they identify no user.
    func caller(_ headers: [(name: String, value: String)]) -> Caller? {
        func values(_ names: [String]) -> [String] {
            names.flatMap { name in headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) }
        }
        guard let name = values(userHeaders).first(where: { !$0.isEmpty }) else { return nil }
        var caller = Caller(name: name, uid: values(uidHeaders).first { !$0.isEmpty }, groups: values(groupHeaders))
        for header in headers {
            let field = header.name.lowercased()
            guard let prefix = extraPrefixes.first(where: { field.hasPrefix($0.lowercased()) }) else { continue }
            let key = String(field.dropFirst(prefix.count))
            caller.extra[key.percentDecoded ?? key, default: []].append(header.value)
        }
        return caller
    }
}

extension Certificate {
    var commonName: String? {
        subject.flatMap { $0 }.first { $0.type == .RDNAttributeType.commonName }.map { "\($0.value)" }
    }
}

/// The caller, as authenticated by the API server.
struct Caller: Sendable, Hashable {
    var name: String
    var uid: String?
    var groups: [String] = []
    var extra: [String: [String]] = [:]
}

/// Verifies the allowed use of certificates: the leaf to sign and to authenticate a client, the others to sign certificates.
/// kubeadm marks the key usage as critical, so it must be evaluated here.
struct ClientUsePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        do {
            if let usage = try chain.leaf.extensions.extendedKeyUsage, !usage.contains(.clientAuth), !usage.contains(.any) {
                return .failsToMeetPolicy(reason: "the certificate is not for clients")
            }
            if let usage = try chain.leaf.extensions.keyUsage, !usage.digitalSignature {
                return .failsToMeetPolicy(reason: "the certificate's key is not for signing")
            }
            for issuer in chain.dropFirst() {
                if let usage = try issuer.extensions.keyUsage, !usage.keyCertSign {
                    return .failsToMeetPolicy(reason: "an issuer's key is not for certificates")
                }
            }
            return .meetsPolicy
        } catch {
            return .failsToMeetPolicy(reason: "a key usage cannot be read")
        }
    }
}
