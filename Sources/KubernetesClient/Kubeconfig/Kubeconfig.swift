import WireFormats

/// The clusters, users and contexts of one or more kubeconfig files.
public struct Kubeconfig: Sendable {
    public var currentContext: String?
    public internal(set) var contexts: [String: Context] = [:]
    public internal(set) var clusters: [String: Cluster] = [:]
    public internal(set) var users: [String: User] = [:]
    /// The files that were read, in order.
    public internal(set) var files: [String] = []
    /// The file to which a changed current context is written.
    var destination: String?

    public struct Context: Sendable, Hashable {
        public var cluster: String
        public var user: String
        /// Nil means `default`.
        public var namespace: String?
    }

    public struct Cluster: Sendable {
        public var server: String?
        public var tlsServerName: String?
        public var skipsVerification = false
        public var authority: Material?
        public var proxyURL: String?
        /// The configuration of exec plugins in the cluster entry.
        var pluginConfiguration: JSONValue?
    }

    public struct User: Sendable {
        public var clientCertificate: Material?
        public var clientKey: Material?
        var token: String?
        public var tokenFile: String?
        public var username: String?
        var password: String?
        public var exec: ExecPlugin?
        public var impersonation: Impersonation?
        /// The name of a built-in auth provider, which kubectl supported until 1.26.
        var legacyProvider: String?

        /// Whether the client certificate or its key is in a file, which may be renewed.
        var hasCertificateFiles: Bool {
            [clientCertificate, clientKey].contains { if case .file = $0 { true } else { false } }
        }

        /// A user without credentials, or with a token.
        public init(token: String? = nil) {
            self.token = token
        }
    }

    /// Either a file or base64 data in the kubeconfig itself.
    public enum Material: Sendable, Hashable {
        case file(String)
        case base64(String)
    }
}

/// The user to impersonate, if the server allows it.
public struct Impersonation: Sendable, Hashable {
    public var user: String?
    public var uid: String?
    public var groups: [String]
    public var extra: [String: [String]]

    public init(user: String? = nil, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }
}

/// A command that provides credentials, with its settings in the kubeconfig.
public struct ExecPlugin: Sendable, Hashable {
    public var command: String
    public var arguments: [String]
    public var environment: [Variable]
    /// `client.authentication.k8s.io/v1` or `v1beta1`
    public var apiVersion: String
    public var installHint: String?
    public var providesClusterInfo: Bool
    public var interactiveMode: InteractiveMode

    public struct Variable: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    public enum InteractiveMode: String, Sendable, Hashable {
        case never = "Never"
        case ifAvailable = "IfAvailable"
        case always = "Always"
    }
}
