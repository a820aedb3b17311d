import FakeKubernetes
import Foundation
import KubernetesClient
import WireFormats

/// The API server's front proxy: an authority, certificates issued by it, and the ConfigMap that publishes it.
struct FrontProxy: Sendable {
    let authority: CertificateAuthority

    init() throws { authority = try CertificateAuthority(name: "front-proxy-ca") }

    func certificate(
        name: String = "front-proxy-client", from: TimeInterval = -3_600, until: TimeInterval = 3_600
    ) throws -> IssuedCertificate {
        try authority.client(user: name, from: from, until: until)
    }

    /// As kube-apiserver 1.36 writes it.
    static func configMap(authority: String, allowedNames: String = #"["front-proxy-client"]"#) -> JSONValue {
        [
            "metadata": ["name": "extension-apiserver-authentication", "namespace": "kube-system"],
            "data": [
                "client-ca-file": .string(authority), "requestheader-allowed-names": .string(allowedNames),
                "requestheader-client-ca-file": .string(authority),
                "requestheader-extra-headers-prefix": #"["X-Remote-Extra-"]"#, "requestheader-group-headers": #"["X-Remote-Group"]"#,
                "requestheader-uid-headers": #"["X-Remote-Uid"]"#, "requestheader-username-headers": #"["X-Remote-User"]"#,
            ],
        ]
    }

    var configMap: JSONValue { Self.configMap(authority: authority.certificate) }
}
