import FakeKubernetes
import Foundation
import KubernetesClient
import TestSupport
import Testing
import WireFormats

struct ExecPluginTests {
    private static let version = "client.authentication.k8s.io/v1"

    /// A plugin that counts its runs in a file and prints the token `token-N`.
    private static func plugin(_ folder: TemporaryFolder, expiry: String? = nil, version: String = version) throws -> String {
        let field = expiry.map { ", \"expirationTimestamp\": \"\($0)\"" } ?? ""
        return try folder.write(
            "login",
            """
            #!/bin/sh
            echo run >> '\(folder.path)/runs'
            count=$(wc -l < '\(folder.path)/runs' | tr -d ' ')
            printf '%s' "$KUBERNETES_EXEC_INFO" > '\(folder.path)/info'
            printf '%s' "$EXTRA $*" > '\(folder.path)/arguments'
            echo '{"apiVersion": "\(version)", "kind": "ExecCredential", "status": {"token": "token-'$count'"\(field)}}'
            """, executable: true)
    }

    private static func login(_ command: String, _ more: [String] = [], version: String = version) -> FakeCluster.Login {
        .lines(["exec:", "  apiVersion: \(version)", "  command: \(command)", "  interactiveMode: Never"] + more.map { "  \($0)" })
    }

    private static func runs(_ folder: TemporaryFolder) -> Int {
        folder.read("runs")?.split(separator: "\n").count ?? 0
    }

    @Test func runsOnceWhileItsTokenIsValid() async throws {
        let folder = try TemporaryFolder()
        let command = try Self.plugin(folder, expiry: Timestamp.now.advanced(by: .seconds(3_600)).text)
        try await withCluster(login: Self.login(command)) { cluster, client in
            cluster.addToken("token-1", user: FakeClusterUser(name: "jane"))
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { _ = try await client.version() } }
                try await group.waitForAll()
            }
            _ = try await client.version()
            #expect(Self.runs(folder) == 1)
        }
    }

    @Test func runsAgainOnceItsTokenExpires() async throws {
        let folder = try TemporaryFolder()
        let command = try Self.plugin(folder, expiry: Timestamp.now.advanced(by: .seconds(-1)).text)
        try await withCluster(login: Self.login(command)) { cluster, client in
            for count in 1...3 { cluster.addToken("token-\(count)", user: FakeClusterUser(name: "jane")) }
            for _ in 0..<3 { _ = try await client.version() }
            #expect(Self.runs(folder) == 3)
            #expect(cluster.requests.last?.headers["authorization"] == "Bearer token-3")
        }
    }

    @Test func runsAgainWhenItsTokenIsRefused() async throws {
        let folder = try TemporaryFolder()
        let command = try Self.plugin(folder)
        try await withCluster(login: Self.login(command)) { cluster, client in
            cluster.addToken("token-2", user: FakeClusterUser(name: "jane"))
            _ = try await client.version()
            #expect(Self.runs(folder) == 2)
        }
    }

    @Test func receivesTheClusterInfo() async throws {
        let folder = try TemporaryFolder()
        let command = try Self.plugin(folder)
        let more = ["provideClusterInfo: true", "args: [get, token]", "env: [{name: EXTRA, value: more}]"]
        try await withCluster(login: Self.login(command, more)) { cluster, client in
            cluster.addToken("token-1", user: FakeClusterUser(name: "jane"))
            _ = try await client.version()
            let info = try JSONValue(parsing: try #require(folder.read("info")))
            #expect(info["kind"] == "ExecCredential")
            #expect(info["spec"]?["interactive"] == false)
            #expect(info["spec"]?["cluster"]?["server"] == .string(cluster.url))
            #expect(info["spec"]?["cluster"]?["certificate-authority-data"] != nil)
            #expect(folder.read("arguments") == "more get token")
        }
    }

    @Test func mayProvideACertificate() async throws {
        let folder = try TemporaryFolder()
        let authority = try CertificateAuthority()
        let issued = try authority.client(user: "from-plugin")
        let response: JSONValue = [
            "apiVersion": .string(Self.version), "kind": "ExecCredential",
            "status": ["clientCertificateData": .string(issued.certificate), "clientKeyData": .string(issued.key)],
        ]
        try folder.write("answer", response.text())
        let command = try folder.write("login", "#!/bin/sh\ncat '\(folder.path)/answer'\n", executable: true)
        let cluster = try await FakeCluster.start(authority: authority)
        try await withClient(cluster.configuration(Self.login(command))) { client in
            _ = try await client.version()
            #expect(cluster.requests.last?.user?.name == "from-plugin")
        }
        try await cluster.stop()
    }

    @Test(arguments: [
        ("exit 3", "failed with exit status 3"), ("kill -9 $$", "was ended by signal 9"), ("echo hello", "did not print an ExecCredential"),
        (#"echo '{"apiVersion":"other/v1","kind":"ExecCredential"}'"#, "printed another apiVersion"),
        (
            #"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'"#,
            "gave neither a token nor a certificate"
        ),
    ])
    func failuresAreNamedWithTheHint(script: String, message: String) async throws {
        let folder = try TemporaryFolder()
        let command = try folder.write("login", "#!/bin/sh\n\(script)\n", executable: true)
        try await withCluster(login: Self.login(command, ["installHint: get it from example.com"])) { _, client in
            let error = await kubernetesError { _ = try await client.version() }
            #expect(error?.kind == .credentials)
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
            #expect(error?.hint == "get it from example.com")
        }
    }

    @Test func missingAndOutdatedPluginsAreNamed() async throws {
        try await withCluster(login: Self.login("no-such-plugin", ["installHint: get it"])) { _, client in
            let error = await kubernetesError { _ = try await client.version() }
            #expect(error?.message == "the credential plugin 'no-such-plugin' is not installed")
            #expect(error?.hint == "get it")
        }
        try await withCluster(login: Self.login("/bin/sh", version: "client.authentication.k8s.io/v1alpha1")) { _, client in
            #expect(await errorKind { _ = try await client.version() } == .credentials)
        }
    }
}
