import AsyncPrimitives
import Subprocess
import WireFormats

#if canImport(System)
import System
#else
import SystemPackage
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The credentials from a plugin.
struct ExecCredential: Sendable {
    var token: String?
    var identity: ClientIdentity?
    /// Nil if it is valid until the server rejects it.
    var expiry: Timestamp?
}

/// Runs a credential plugin (`client.authentication.k8s.io`) and parses its output.
struct ExecPluginRunner: Sendable {
    private let plugin: ExecPlugin
    private let cluster: JSONValue
    private let environment: [String: String]
    private let isTerminal: @Sendable () -> Bool

    private static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
    /// A plugin may wait for a login in a browser.
    private static let timeout = Duration.seconds(300)
    /// Larger than any certificate chain with its key.
    private static let maximumOutput = 1 << 20

    init(_ plugin: ExecPlugin, configuration: ClusterConfiguration, isTerminal: @escaping @Sendable () -> Bool = { isatty(0) == 1 }) {
        self.plugin = plugin
        self.environment = configuration.environment
        self.isTerminal = isTerminal
        cluster = plugin.providesClusterInfo ? configuration.pluginClusterInfo : .null
    }

    /// - Throws: `KubernetesError` of kind `credentials`.
    func run() async throws -> ExecCredential {
        guard Self.versions.contains(plugin.apiVersion) else {
            throw failure("speaks '\(plugin.apiVersion)'; one of \(Self.versions.joined(separator: ", ")) is needed")
        }
        let interactive = try isInteractive()
        guard let executable = executablePath() else {
            throw failure("is not installed")
        }
        let output = try await output(of: executable, interactive)
        return try read(output)
    }

    /// The standard output of the plugin. Its standard error goes to ours.
    private func output(of executable: String, _ interactive: Bool) async throws -> [UInt8] {
        let environment = Environment.custom(
            Dictionary(uniqueKeysWithValues: processEnvironment(interactive).map { (Environment.Key(stringLiteral: $0), $1) }))
        let arguments = Arguments(executablePathOverride: plugin.command, remainingValues: plugin.arguments)
        // Cancelling the run kills the plugin.
        return try await cancelling(after: Self.timeout, throwing: failure("did not end in \(Self.timeout)")) {
            let configuration = Configuration(executable: .path(FilePath(executable)), arguments: arguments, environment: environment)
            if interactive { return try await run(configuration, input: .currentStandardInput) }
            return try await run(configuration, input: .none)
        }
    }

    private func run(_ configuration: Configuration, input: some InputProtocol) async throws -> [UInt8] {
        do {
            let result = try await Subprocess.run(
                configuration, input: input, output: .bytes(limit: Self.maximumOutput), error: .currentStandardError)
            switch result.terminationStatus {
            case .exited(0): return result.standardOutput
            case .exited(let code): throw failure("failed with exit status \(code)")
            case .signaled(let signal): throw failure("was ended by signal \(signal)")
            }
        } catch let error as SubprocessError {
            throw failure(error.code == .outputLimitExceeded ? "printed too much" : "cannot be run: \(error)")
        }
    }

    private func isInteractive() throws -> Bool {
        switch plugin.interactiveMode {
        case .never: return false
        case .ifAvailable: return isTerminal()
        case .always:
            guard isTerminal() else { throw failure("needs a terminal to ask questions on") }
            return true
        }
    }

    private func executablePath() -> String? {
        if plugin.command.contains("/") { return access(plugin.command, X_OK) == 0 ? plugin.command : nil }
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(plugin.command)" }.first { access($0, X_OK) == 0 }
    }

    private func processEnvironment(_ interactive: Bool) -> [String: String] {
        var spec: JSONValue = ["interactive": .bool(interactive)]
        if cluster != .null { spec["cluster"] = cluster }
        let info: JSONValue = ["apiVersion": .string(plugin.apiVersion), "kind": "ExecCredential", "spec": spec]
        var environment = environment
        for variable in plugin.environment { environment[variable.name] = variable.value }
        environment["KUBERNETES_EXEC_INFO"] = info.text()
        return environment
    }

    private func read(_ output: [UInt8]) throws -> ExecCredential {
        guard let document = try? JSONValue(parsing: output), document["kind"]?.stringValue == "ExecCredential" else {
            throw failure("did not print an ExecCredential")
        }
        guard document["apiVersion"]?.stringValue == plugin.apiVersion else {
            throw failure("printed another apiVersion than the kubeconfig asks for, \(plugin.apiVersion)")
        }
        let status = document["status"] ?? .null
        var credential = ExecCredential(token: status["token"]?.stringValue)
        if let certificate = status["clientCertificateData"]?.stringValue, let key = status["clientKeyData"]?.stringValue {
            do {
                credential.identity = try ClientIdentity(certificatePEM: Array(certificate.utf8), keyPEM: Array(key.utf8))
            } catch {
                throw failure("printed a bad certificate: \(error)")
            }
        }
        guard credential.token != nil || credential.identity != nil else { throw failure("gave neither a token nor a certificate") }
        if let expiry = status["expirationTimestamp"]?.stringValue {
            guard let expiry = Timestamp(expiry) else { throw failure("printed an expiry that is not a timestamp") }
            credential.expiry = expiry
        }
        return credential
    }

    private func failure(_ problem: String) -> KubernetesError {
        KubernetesError(.credentials, "the credential plugin '\(plugin.command)' \(problem)", hint: plugin.installHint)
    }
}

extension ClusterConfiguration {
    /// The `spec.cluster` of an ExecCredential.
    fileprivate var pluginClusterInfo: JSONValue {
        var info: JSONValue = ["server": .string(server)]
        if let tlsServerName { info["tls-server-name"] = .string(tlsServerName) }
        if skipsVerification { info["insecure-skip-tls-verify"] = true }
        if let authority = try? authority?.contents("") { info["certificate-authority-data"] = .string(Base64.encoded(authority)) }
        if let proxyURL { info["proxy-url"] = .string(proxyURL) }
        info["config"] = pluginConfiguration
        return info
    }
}
