import KubernetesClient
import SwiftASN1
import Testing
import X509

@testable import PixelFlowMetricsAdapter

@Suite struct FrontProxyTrustTests {
    @Test func acceptsKubeadmCertificates() async throws {
        let trust = try FrontProxyTrust(FrontProxy.configMap(authority: KubeadmCertificates.authority))
        #expect(await trust.accepts([try Certificate(pemEncoded: KubeadmCertificates.client)]))
        #expect(await !trust.accepts([]))
        // The authority's own certificate is not a client certificate.
        #expect(await !trust.accepts([try Certificate(pemEncoded: KubeadmCertificates.authority)]))
    }

    @Test(arguments: [
        (#"["front-proxy-client"]"#, true), (#"["a","front-proxy-client"]"#, true), (#"["a"]"#, false), ("[]", true), ("", true),
    ])
    func checksTheName(allowed: String, isAccepted: Bool) async throws {
        let trust = try FrontProxyTrust(FrontProxy.configMap(authority: KubeadmCertificates.authority, allowedNames: allowed))
        #expect(await trust.accepts([try Certificate(pemEncoded: KubeadmCertificates.client)]) == isAccepted)
    }

    @Test(arguments: ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func refusesAnInvalidAuthority(_ text: String) {
        #expect(throws: FrontProxyTrust.ConfigurationError.self) { try FrontProxyTrust(FrontProxy.configMap(authority: text)) }
    }

    @Test func refusesAnInvalidListOfNames() {
        #expect(throws: FrontProxyTrust.ConfigurationError.self) {
            try FrontProxyTrust(FrontProxy.configMap(authority: KubeadmCertificates.authority, allowedNames: "front-proxy-client"))
        }
    }

    @Test func readsTheUserFromTheHeaders() throws {
        let trust = try FrontProxyTrust(FrontProxy.configMap(authority: KubeadmCertificates.authority))
        let caller = trust.caller([
            ("x-remote-user", "alice"), ("X-Remote-Group", "b"), ("X-Remote-Group", "a"), ("X-Remote-Extra-Scopes", "one"),
            ("X-Remote-Extra-Scopes", "two"), ("X-Remote-Extra-acme.com%2Fproject", "p"), ("X-Other", "x"),
        ])
        #expect(
            caller == Caller(name: "alice", groups: ["b", "a"], extra: ["scopes": ["one", "two"], "acme.com/project": ["p"]]))
        #expect(trust.caller([("X-Remote-Group", "a")]) == nil)
        #expect(trust.caller([("X-Remote-User", "")]) == nil)
    }
}
