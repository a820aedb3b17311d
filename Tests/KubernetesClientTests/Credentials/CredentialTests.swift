import FakeKubernetes
import KubernetesClient
import TestSupport
import Testing

struct CredentialTests {
    @Test func certificatesContainUserAndGroups() async throws {
        try await withCluster(login: .certificate(user: "jane", groups: ["devs", "ops"])) { cluster, client in
            _ = try await client.version()
            #expect(cluster.requests.last?.user?.name == "jane")
            #expect(Set(cluster.requests.last?.user?.groups ?? []) == ["devs", "ops"])
        }
    }

    @Test func tokensAndPasswordsAreSent() async throws {
        try await withCluster(login: .token("sesame")) { cluster, client in
            cluster.addToken("sesame", user: FakeClusterUser(name: "jane"))
            _ = try await client.version()
            #expect(cluster.requests.last?.user?.name == "jane")
        }
        try await withCluster(login: .lines(["username: jane", "password: secret"])) { cluster, client in
            _ = await errorKind { _ = try await client.version() }
            #expect(cluster.requests.last?.headers["authorization"] == "Basic amFuZTpzZWNyZXQ=")
        }
    }

    @Test func unknownUsersAreUnauthorized() async throws {
        for login in [FakeCluster.Login.nothing, .token("wrong")] {
            try await withCluster(login: login) { cluster, client in
                let error = await kubernetesError { _ = try await client.version() }
                #expect(error?.kind == .unauthorized)
                #expect(error?.message.contains("does not accept the credentials of user 'stand-in-user'") == true)
                #expect(error?.message.contains("wrong") == false)
            }
        }
    }

    @Test func anExpiredClientCertificateIsNamed() async throws {
        let folder = try TemporaryFolder()
        let authority = try CertificateAuthority()
        let old = try authority.client(user: "jane", from: -7_200, until: -3_600)
        let lines = [
            "client-certificate: \(try folder.write("me.crt", old.certificate))", "client-key: \(try folder.write("me.key", old.key))",
        ]
        let cluster = try await FakeCluster.start(authority: authority)
        try await withClient(cluster.configuration(.lines(lines))) { client in
            let error = await kubernetesError { _ = try await client.version() }
            #expect(error?.kind == .unauthorized)
            #expect(error?.message.hasPrefix("the client certificate of user 'stand-in-user' expired on 20") == true)
        }
        try await cluster.stop()
    }

    @Test func refusedTokenFileIsReadAgain() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("token", "first\n")
        try await withCluster(login: .lines(["tokenFile: \(file)", "token: unused"])) { cluster, client in
            cluster.addToken("first", user: FakeClusterUser(name: "jane"))
            _ = try await client.version()
            cluster.removeToken("first")
            cluster.addToken("second", user: FakeClusterUser(name: "jane"))
            try folder.write("token", "second")
            _ = try await client.version()
            #expect(cluster.requests.last?.headers["authorization"] == "Bearer second")
        }
    }

    @Test func refusedCertificateFilesAreReadAgain() async throws {
        let folder = try TemporaryFolder()
        let authority = try CertificateAuthority()
        let old = try authority.client(user: "jane", from: -7_200, until: -3_600)
        let lines = [
            "client-certificate: \(try folder.write("me.crt", old.certificate))", "client-key: \(try folder.write("me.key", old.key))",
        ]
        let cluster = try await FakeCluster.start(authority: authority)
        try await withClient(cluster.configuration(.lines(lines))) { client in
            #expect(await errorKind { _ = try await client.version() } == .unauthorized)
            let new = try authority.client(user: "jane")
            try folder.write("me.crt", new.certificate)
            try folder.write("me.key", new.key)
            _ = try await client.version()
            #expect(cluster.requests.last?.user?.name == "jane")
        }
        try await cluster.stop()
    }

    @Test func impersonationIsSent() async throws {
        try await withCluster(
            change: { $0.user.impersonation = Impersonation(user: "jane", uid: "7", groups: ["a", "b"], extra: ["Scope/x": ["y"]]) }
        ) { cluster, client in
            _ = try await client.version()
            let headers = try #require(cluster.requests.last?.headers)
            #expect(headers["impersonate-user"] == "jane")
            #expect(headers["impersonate-uid"] == "7")
            #expect(headers["impersonate-group"] == "a, b")
            #expect(headers["impersonate-extra-scope%2fx"] == "y")
            #expect(cluster.requests.last?.user?.name == "jane")
        }
    }

    @Test(arguments: [
        (["client-certificate-data: '!'", "client-key-data: eA=="], "the client certificate in the kubeconfig is not base64"),
        (["client-certificate: /nowhere/me.crt", "client-key-data: eA=="], "the client certificate cannot be read: /nowhere/me.crt"),
        (["client-certificate-data: aGVsbG8=", "client-key-data: eA=="], "the client certificate is not PEM"),
        (["tokenFile: /nowhere/token"], "the token file cannot be read: /nowhere/token"),
        (["auth-provider: {name: gcp}"], "the built-in auth provider 'gcp'"),
    ])
    func unavailableCredentialsAreNamed(lines: [String], message: String) async throws {
        try await withCluster(login: .lines(lines)) { _, client in
            let error = await kubernetesError { _ = try await client.version() }
            #expect(error?.kind == .credentials)
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
    }
}
