import FoundationEssentials
import WireFormats

/// Everything needed to talk to one cluster as one user.
public struct ClusterConfiguration: Sendable {
    /// `https://host:port`, optionally with a path.
    public var server: String
    /// The default namespace of calls.
    public var namespace: String
    /// Nil inside a cluster.
    public var contextName: String?
    public var clusterName: String?
    public var userName: String?
    /// The trusted certificate authorities in PEM. Nil for those of the operating system.
    public var authority: Kubeconfig.Material?
    /// The name that the server's certificate must match, if it differs from the server's address.
    public var tlsServerName: String?
    public var skipsVerification: Bool
    /// `http://host:port` or `socks5://host:port`
    public var proxyURL: String?
    public var user: Kubeconfig.User
    /// For a whole call; watches, followed logs and forwarded ports have no limit. kubectl has none by default.
    public var requestTimeout: Duration
    /// For a TCP connection including its TLS handshake.
    public var connectTimeout: Duration
    public var userAgent = "kubernetes-client-swift"
    var pluginConfiguration: JSONValue?
    /// The environment of exec plugins.
    public var environment: [String: String]

    /// - Parameter server: A URL.
    public init(server: String, namespace: String = "default", user: Kubeconfig.User) {
        self.server = server
        self.namespace = namespace
        self.user = user
        self.skipsVerification = false
        self.requestTimeout = .seconds(30)
        self.connectTimeout = .seconds(10)
        self.environment = ProcessInfo.processInfo.environment
    }
}

/// Overrides of the kubeconfig by flags.
public struct KubeconfigSelection: Sendable {
    /// `--kubeconfig`: the only file to read.
    public var file: String?
    public var context: String?
    public var cluster: String?
    public var user: String?
    public var namespace: String?
    public var server: String?
    /// `--as` and `--as-group`
    public var impersonation: Impersonation?

    public init(file: String? = nil, context: String? = nil, namespace: String? = nil) {
        self.file = file
        self.context = context
        self.namespace = namespace
    }
}

extension ClusterConfiguration {
    /// Loads the kubeconfig, or the pod's service account if there is no kubeconfig and this runs in a cluster.
    /// - Throws: `KubernetesError` of kind `configuration`.
    public static func load(
        _ selection: KubeconfigSelection = KubeconfigSelection(), environment: [String: String]
    ) throws -> ClusterConfiguration {
        let kubeconfig = try Kubeconfig.load(explicit: selection.file, environment: environment)
        if kubeconfig.isEmpty, selection.file == nil, selection.context == nil, let inside = try inCluster(environment: environment) {
            return inside.applying(selection)
        }
        var configuration = try kubeconfig.configuration(selection)
        configuration.environment = environment
        return configuration
    }

    func applying(_ selection: KubeconfigSelection) -> ClusterConfiguration {
        var configuration = self
        configuration.namespace = selection.namespace ?? namespace
        configuration.server = selection.server ?? server
        configuration.user.impersonation = selection.impersonation ?? user.impersonation
        return configuration
    }
}

extension ClusterConfiguration {
    /// Where Kubernetes mounts a pod's service account.
    public static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The configuration of a pod; nil outside a cluster.
    /// - Throws: `KubernetesError` of kind `configuration` if the service account is not mounted.
    public static func inCluster(
        environment: [String: String], folder: String = serviceAccountFolder
    ) throws -> ClusterConfiguration? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"], !host.isEmpty else {
            return nil
        }
        var user = Kubeconfig.User()
        user.tokenFile = "\(folder)/token"
        let address = host.contains(":") ? "[\(host)]" : host
        var configuration = ClusterConfiguration(server: "https://\(address):\(port)", user: user)
        configuration.authority = .file("\(folder)/ca.crt")
        do {
            _ = try ConfigurationFile.read("\(folder)/token")
        } catch {
            throw KubernetesError(.configuration, "this runs in a cluster, but its service account is not mounted: \(error)")
        }
        if let namespace = try? ConfigurationFile.read("\(folder)/namespace") {
            let words = String(decoding: namespace, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            configuration.namespace = words.first.map(String.init) ?? "default"
        }
        return configuration
    }
}

extension Kubeconfig {
    /// Resolves a context, or the current one, to a configuration.
    /// - Throws: `KubernetesError` of kind `configuration` if part of it is missing.
    public func configuration(_ selection: KubeconfigSelection = KubeconfigSelection()) throws -> ClusterConfiguration {
        let contextName = selection.context ?? currentContext
        let context = try contextName.map(requiredContext)
        guard let clusterName = selection.cluster ?? context?.cluster, !clusterName.isEmpty else { throw noContext(contextName) }
        guard let cluster = clusters[clusterName] else { throw missing("cluster", clusterName, of: contextName) }
        guard let server = selection.server ?? cluster.server else {
            throw KubernetesError(.configuration, "the cluster '\(clusterName)' of the kubeconfig has no server")
        }
        let userName = selection.user ?? context?.user ?? ""
        guard let user = userName.isEmpty ? User() : users[userName] else { throw missing("user", userName, of: contextName) }
        var configuration = ClusterConfiguration(server: server, namespace: context?.namespace ?? "default", user: user)
        configuration.contextName = contextName
        configuration.clusterName = clusterName
        configuration.userName = userName.isEmpty ? nil : userName
        configuration.authority = cluster.authority
        configuration.tlsServerName = cluster.tlsServerName
        configuration.skipsVerification = cluster.skipsVerification
        configuration.proxyURL = cluster.proxyURL
        configuration.pluginConfiguration = cluster.pluginConfiguration
        return configuration.applying(selection)
    }

    private func requiredContext(_ name: String) throws -> Context {
        guard let context = contexts[name] else {
            let known = contexts.keys.sorted().joined(separator: ", ")
            throw KubernetesError(
                .configuration, "the kubeconfig has no context '\(name)'", hint: known.isEmpty ? nil : "its contexts are: \(known)")
        }
        return context
    }

    private func noContext(_ name: String?) -> KubernetesError {
        if let name { return KubernetesError(.configuration, "the context '\(name)' of the kubeconfig names no cluster") }
        guard !isEmpty else {
            return KubernetesError(
                .configuration, "there is no kubeconfig",
                hint: "set KUBECONFIG or give --kubeconfig; ~/.kube/config is looked for otherwise")
        }
        return KubernetesError(
            .configuration, "the kubeconfig has no current context",
            hint: "give --context; available: \(contexts.keys.sorted().joined(separator: ", "))")
    }

    private func missing(_ kind: String, _ name: String, of context: String?) -> KubernetesError {
        let owner = context.map { "the context '\($0)' of the kubeconfig names" } ?? "the selection names"
        return KubernetesError(.configuration, "\(owner) a \(kind) '\(name)' that does not exist")
    }
}
