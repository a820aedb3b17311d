import KubernetesClient
import TestSupport
import Testing

struct KubeconfigTests {
    private static func config(_ name: String, server: String, current: String? = nil, more: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        \(current.map { "current-context: \($0)" } ?? "")
        clusters:
        - {name: \(name), cluster: {server: "\(server)"}}
        contexts:
        - {name: \(name), context: {cluster: \(name), user: \(name), namespace: ns-\(name)}}
        users:
        - {name: \(name), user: {token: token-\(name)}}
        \(more)
        """
    }

    @Test func readsTheCurrentContext() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("config", Self.config("one", server: "https://one:6443", current: "one"))
        let configuration = try ClusterConfiguration.load(environment: ["KUBECONFIG": file])
        #expect(configuration.server == "https://one:6443")
        #expect(configuration.namespace == "ns-one")
        #expect(configuration.contextName == "one")
        #expect(configuration.userName == "one")
    }

    @Test func readsTheHomeFolderWithoutTheVariable() throws {
        let folder = try TemporaryFolder()
        try folder.write(".kube/config", Self.config("home", server: "https://home", current: "home"))
        #expect(try ClusterConfiguration.load(environment: ["HOME": folder.path]).server == "https://home")
        #expect(try ClusterConfiguration.load(environment: ["HOME": folder.path, "KUBECONFIG": ""]).server == "https://home")
    }

    @Test func theFirstFileThatDefinesAnEntryWins() throws {
        let folder = try TemporaryFolder()
        let first = try folder.write("1", Self.config("shared", server: "https://first"))
        let second = try folder.write("2", Self.config("shared", server: "https://second", current: "shared"))
        let third = try folder.write("3", Self.config("third", server: "https://third", current: "third"))
        let list = "\(first):\(folder.path)/missing::\(second):\(third):\(first)"
        let merged = try Kubeconfig.load(environment: ["KUBECONFIG": list])
        #expect(merged.currentContext == "shared")
        #expect(merged.contexts.keys.sorted() == ["shared", "third"])
        #expect(try merged.configuration().server == "https://first")
        #expect(merged.files == [first, second, third])
    }

    @Test func anExplicitFileIsTheOnlyOneAndMustExist() throws {
        let folder = try TemporaryFolder()
        let first = try folder.write("1", Self.config("one", server: "https://one", current: "one"))
        let second = try folder.write("2", Self.config("two", server: "https://two", current: "two"))
        let selection = KubeconfigSelection(file: second)
        #expect(try ClusterConfiguration.load(selection, environment: ["KUBECONFIG": first]).server == "https://two")
        let missing = KubeconfigSelection(file: "\(folder.path)/missing")
        #expect(throws: KubernetesError.self) { try ClusterConfiguration.load(missing, environment: ["KUBECONFIG": first]) }
    }

    @Test func flagsOverrideTheFile() throws {
        let folder = try TemporaryFolder()
        let more = "preferences: {}"
        let first = try folder.write("1", Self.config("one", server: "https://one", current: "one", more: more))
        let second = try folder.write("2", Self.config("two", server: "https://two"))
        var selection = KubeconfigSelection(context: "two", namespace: "mine")
        selection.impersonation = Impersonation(user: "jane", groups: ["devs"])
        let configuration = try ClusterConfiguration.load(selection, environment: ["KUBECONFIG": "\(first):\(second)"])
        #expect(configuration.server == "https://two")
        #expect(configuration.namespace == "mine")
        #expect(configuration.user.impersonation?.groups == ["devs"])
    }

    @Test func relativePathsAreRelativeToTheirFile() throws {
        let text = """
            current-context: a
            clusters: [{name: a, cluster: {server: "https://a", certificate-authority: ca.crt, proxy-url:
                "http://p:1", tls-server-name: n}}]
            contexts: [{name: a, context: {cluster: a, user: a}}]
            users:
            - name: a
              user: {client-certificate: certs/me.crt, client-key: /abs/me.key, tokenFile: token, as: jane, as-groups: [x],
                exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, args: [a, b], env: [{name: A, value: b}],
                  installHint: get it, provideClusterInfo: true, interactiveMode: Never}}
            """
        let configuration = try Kubeconfig(parsing: Array(text.utf8), file: "/home/me/.kube/config").configuration()
        #expect(configuration.authority == .file("/home/me/.kube/ca.crt"))
        #expect(configuration.proxyURL == "http://p:1")
        #expect(configuration.tlsServerName == "n")
        #expect(configuration.user.clientCertificate == .file("/home/me/.kube/certs/me.crt"))
        #expect(configuration.user.clientKey == .file("/abs/me.key"))
        #expect(configuration.user.tokenFile == "/home/me/.kube/token")
        #expect(configuration.user.impersonation == Impersonation(user: "jane", groups: ["x"]))
        let plugin = try #require(configuration.user.exec)
        #expect(plugin.command == "/home/me/.kube/./login")
        #expect(plugin.arguments == ["a", "b"])
        #expect(plugin.installHint == "get it")
        #expect(plugin.interactiveMode == .never)
    }

    @Test(arguments: [
        ("contexts: {}", "contexts: a list was expected"),
        ("clusters: [{name: a, cluster: [1]}]", "clusters[0].cluster: a mapping was expected"),
        ("clusters: [{name: a, cluster: {insecure-skip-tls-verify: maybe}}]", "insecure-skip-tls-verify: true or false was expected"),
        ("users: [{user: {}}]", "users[0]: a name was expected"),
        ("users: [{name: a}, {name: a}]", "users[1]: the name 'a' is given twice"),
        ("users: [{name: a, user: {token: {}}}]", "users[0].user.token: a text was expected"),
        ("users: [{name: a, user: {exec: {}}}]", "users[0].user.exec: the command is missing"),
        ("a: [", "line"),
        ("just text", "a mapping was expected"),
    ])
    func reportsThePositionOfAnError(text: String, message: String) {
        let error = #expect(throws: KubernetesError.self) { try Kubeconfig(parsing: Array(text.utf8), file: "/k") }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("/k") == true)
    }

    @Test(arguments: [
        ("current-context: nope", "has no context 'nope'"),
        ("contexts: [{name: a, context: {}}]", "has no current context"),
        ("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]", "a cluster 'c' that does not exist"),
        ("current-context: a\ncontexts: [{name: a, context: {}}]", "names no cluster"),
        (
            "current-context: a\nclusters: [{name: c, cluster: {server: 'https://c'}}]\ncontexts: [{name: a, context: "
                + "{cluster: c, user: u}}]",
            "a user 'u' that does not exist"
        ),
        ("current-context: a\nclusters: [{name: c, cluster: {}}]\ncontexts: [{name: a, context: {cluster: c}}]", "has no server"),
        ("", "there is no kubeconfig"),
    ])
    func reportsWhatIsMissing(text: String, message: String) throws {
        let config = try Kubeconfig(parsing: Array(text.utf8), file: "/k")
        let error = #expect(throws: KubernetesError.self) { try config.configuration() }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func runsInsideACluster() throws {
        let folder = try TemporaryFolder()
        try folder.write("token", "inside\n")
        try folder.write("namespace", "pixelflow")
        try folder.write("ca.crt", "")
        let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        let configuration = try #require(try ClusterConfiguration.inCluster(environment: environment, folder: folder.path))
        #expect(configuration.server == "https://[fd00::1]:443")
        #expect(configuration.namespace == "pixelflow")
        #expect(configuration.user.tokenFile == "\(folder.path)/token")
        #expect(try ClusterConfiguration.inCluster(environment: [:], folder: folder.path) == nil)
        #expect(throws: KubernetesError.self) { try ClusterConfiguration.inCluster(environment: environment, folder: "/nowhere") }
    }
}
