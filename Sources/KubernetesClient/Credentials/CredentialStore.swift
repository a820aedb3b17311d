import NIOPosix
import WireFormats

/// The credentials of a request.
struct RequestCredentials: Sendable {
    /// The value of the Authorization header.
    var authorization: String?
    var identity: ClientIdentity?
    /// Incremented whenever credentials are reloaded.
    var generation = 0
}

/// The credentials of one user: loaded on demand, kept in memory while they are valid, never written to disk.
actor CredentialStore {
    private let user: Kubeconfig.User
    private let plugin: ExecPluginRunner?
    private let now: @Sendable () -> Timestamp
    private var identity: ClientIdentity?
    private var fileToken: (text: String, readAt: Timestamp)?
    private var pluginCredential: ExecCredential?
    private var pluginRun: Task<ExecCredential, any Error>?
    private var generation = 0

    /// A rotated token stays valid for longer than this. Kubernetes' own clients use the same period.
    private static let tokenFilePeriod = Duration.seconds(60)
    /// Expiry is brought forward by this, because a token must not expire in transit.
    private static let expiryLeeway = Duration.seconds(5)

    init(_ configuration: ClusterConfiguration, now: @escaping @Sendable () -> Timestamp = { .now }) {
        user = configuration.user
        plugin = configuration.user.exec.map { ExecPluginRunner($0, configuration: configuration) }
        self.now = now
    }

    /// - Throws: `KubernetesError` of kind `credentials`.
    func current() async throws -> RequestCredentials {
        if let provider = user.legacyProvider {
            throw KubernetesError(
                .credentials, "the kubeconfig wants the built-in auth provider '\(provider)', which Kubernetes removed in 1.26",
                hint: "use the provider's exec plugin")
        }
        var credentials = RequestCredentials(identity: try loadIdentity(), generation: generation)
        if let token = try await staticToken() {
            credentials.authorization = "Bearer \(token)"
        } else if let name = user.username {
            credentials.authorization = "Basic \(Base64.encoded("\(name):\(user.password ?? "")".utf8))"
        } else if let plugin {
            let credential = try await pluginCredential(plugin)
            credentials.authorization = credential.token.map { "Bearer \($0)" }
            credentials.identity = credential.identity ?? credentials.identity
            credentials.generation = generation
        }
        return credentials
    }

    /// Reports that the server rejected the credentials.
    /// - Returns: Whether a retry may use different credentials.
    func refused(_ credentials: RequestCredentials) -> Bool {
        guard plugin != nil || user.tokenFile != nil || user.hasCertificateFiles else { return false }
        // Another request was also rejected and has already renewed them.
        guard credentials.generation == generation else { return true }
        generation += 1
        fileToken = nil
        pluginCredential = nil
        // The files may have been replaced by those of a renewed certificate.
        identity = nil
        return true
    }

    private func loadIdentity() throws -> ClientIdentity? {
        guard identity == nil, let certificate = user.clientCertificate, let key = user.clientKey else { return identity }
        let loaded = try ClientIdentity(certificate: certificate, key: key)
        identity = loaded
        return loaded
    }

    private func staticToken() async throws -> String? {
        guard let path = user.tokenFile else { return user.token }
        if let fileToken, fileToken.readAt.age(at: now()) < Self.tokenFilePeriod { return fileToken.text }
        do {
            let bytes = try await NIOThreadPool.singleton.runIfActive { try ConfigurationFile.read(path) }
            let token = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            guard !token.isEmpty else { throw KubernetesError(.credentials, "the token file \(path) is empty") }
            fileToken = (token, now())
            return token
        } catch {
            // Like Kubernetes' own clients: a token that was read from the file takes precedence over the one in the kubeconfig.
            if let token = fileToken?.text ?? user.token { return token }
            throw error as? KubernetesError ?? KubernetesError(.credentials, "the token file cannot be read: \(error)")
        }
    }

    /// Runs the plugin once for all requests that wait for it. Does not use `SingleFlight`, because this library has no dependencies on
    /// PixelFlow.
    private func pluginCredential(_ plugin: ExecPluginRunner) async throws -> ExecCredential {
        if let credential = pluginCredential, !isExpired(credential) { return credential }
        let run = pluginRun ?? Task { try await plugin.run() }
        pluginRun = run
        defer { if pluginRun == run { pluginRun = nil } }
        let credential = try await run.value
        if pluginRun == run {
            pluginCredential = credential
            generation += 1
        }
        return credential
    }

    private func isExpired(_ credential: ExecCredential) -> Bool {
        guard let expiry = credential.expiry else { return false }
        return expiry <= now().advanced(by: Self.expiryLeeway)
    }
}
