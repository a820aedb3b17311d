import SwiftASN1
import X509

/// What certificates of a chain may be used for: the leaf to sign and to be a client, the others to sign certificates.
/// kubeadm marks the key usage as critical, so that it must be understood here.
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
