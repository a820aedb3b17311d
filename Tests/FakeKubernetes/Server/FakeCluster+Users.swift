import Foundation
package import KubernetesClient

extension FakeCluster {
    /// The authentication of a user in a kubeconfig.
    package enum Login: Sendable {
        /// With a client certificate.
        case certificate(user: String, groups: [String] = [])
        case token(String)
        /// Unindented lines of the user entry.
        case lines([String])
        case nothing
    }

    /// Adds a valid token.
    package func addToken(_ token: String, user: FakeClusterUser) {
        memory.withLock { $0.tokens[token] = user }
    }

    package func removeToken(_ token: String) {
        memory.withLock { _ = $0.tokens.removeValue(forKey: token) }
    }

    package func deny(_ rule: DenialRule) {
        memory.withLock { $0.denials.append(rule) }
    }

    package func allowEverything() {
        memory.withLock { $0.denials = [] }
    }

    /// The text of a kubeconfig for this server.
    /// - Parameters:
    ///   - authority: The trusted certificate authorities in PEM; nil for the correct one.
    ///   - clusterLines: Additional lines of the cluster entry.
    package func kubeconfig(
        _ login: Login, context: String = "stand-in", namespace: String? = nil, authority: String? = nil, clusterLines: [String] = []
    ) throws -> String {
        let trusted = Data((authority ?? self.authority.certificate).utf8).base64EncodedString()
        let cluster = ["server: \(url)", "certificate-authority-data: \(trusted)"] + clusterLines
        let contextLines = ["cluster: \(context)", "user: \(context)-user"] + (namespace.map { ["namespace: \($0)"] } ?? [])
        return """
            apiVersion: v1
            kind: Config
            current-context: \(context)
            clusters:
            - name: \(context)
              cluster:
            \(Self.indented(cluster))
            users:
            - name: \(context)-user
              user:
            \(Self.indented(try userLines(login)))
            contexts:
            - name: \(context)
              context:
            \(Self.indented(contextLines))

            """
    }

    /// The configuration that results from such a kubeconfig.
    package func configuration(_ login: Login, namespace: String? = nil, authority: String? = nil) throws -> ClusterConfiguration {
        let text = try kubeconfig(login, namespace: namespace, authority: authority)
        var configuration = try Kubeconfig(parsing: Array(text.utf8), file: "/stand-in/kubeconfig").configuration()
        // A machine that runs many tests concurrently is slow, not broken.
        configuration.requestTimeout = .seconds(300)
        configuration.connectTimeout = .seconds(120)
        return configuration
    }

    private func userLines(_ login: Login) throws -> [String] {
        switch login {
        case .certificate(let user, let groups):
            let issued = try authority.client(user: user, groups: groups)
            return [
                "client-certificate-data: \(Data(issued.certificate.utf8).base64EncodedString())",
                "client-key-data: \(Data(issued.key.utf8).base64EncodedString())",
            ]
        case .token(let token): return ["token: \(token)"]
        case .lines(let lines): return lines
        case .nothing: return ["{}"]
        }
    }

    private static func indented(_ lines: [String]) -> String {
        lines.map { "    \($0)" }.joined(separator: "\n")
    }
}
