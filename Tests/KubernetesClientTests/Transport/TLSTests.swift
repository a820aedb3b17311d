import FakeKubernetes
import KubernetesClient
import Testing

struct TLSTests {
    private func kind(
        certificate: (CertificateAuthority) throws -> IssuedCertificate = { try $0.server() }, trusting other: CertificateAuthority? = nil,
        change: (inout ClusterConfiguration) -> Void = { _ in }
    ) async throws -> KubernetesError? {
        let authority = try CertificateAuthority()
        let cluster = try await FakeCluster.start(authority: authority, certificate: try certificate(authority))
        var configuration = try cluster.configuration(.certificate(user: "admin"), authority: other?.certificate)
        change(&configuration)
        var error: KubernetesError?
        try await withClient(configuration) { client in
            error = await kubernetesError { _ = try await client.version() }
        }
        try await cluster.stop()
        return error
    }

    @Test func aValidCertificateIsTrusted() async throws {
        #expect(try await kind() == nil)
    }

    @Test func anUnknownAuthorityIsNamed() async throws {
        let error = try await kind(trusting: try CertificateAuthority(name: "another"))
        #expect(error?.kind == .tls(.unknownAuthority))
        #expect(error?.hint?.contains("certificate-authority-data") == true)
    }

    @Test func anExpiredCertificateIsNamed() async throws {
        let error = try await kind(certificate: { try $0.server(from: -7_200, until: -3_600) })
        #expect(error?.kind == .tls(.expired))
        #expect(error?.message.contains("ended on 20") == true)
    }

    @Test func aCertificateThatIsNotYetValidIsNamed() async throws {
        let error = try await kind(certificate: { try $0.server(from: 3_600, until: 7_200) })
        #expect(error?.kind == .tls(.notYetValid))
    }

    @Test func aCertificateForAnotherHostIsNamed() async throws {
        let error = try await kind(certificate: { try $0.server(names: ["other.example"], addresses: [[10, 0, 0, 1]]) })
        #expect(error?.kind == .tls(.wrongHost))
    }

    @Test func theServerNameOfTheKubeconfigIsChecked() async throws {
        let named: (CertificateAuthority) throws -> IssuedCertificate = { try $0.server(names: ["api.example"], addresses: []) }
        #expect(try await kind(certificate: named, change: { $0.tlsServerName = "api.example" }) == nil)
        #expect(try await kind(certificate: named, change: { $0.tlsServerName = "web.example" })?.kind == .tls(.wrongHost))
    }

    @Test func verificationCanBeSkipped() async throws {
        let error = try await kind(
            certificate: { try $0.server(from: -7_200, until: -3_600) }, trusting: try CertificateAuthority(),
            change: { $0.skipsVerification = true })
        #expect(error == nil)
    }
}
