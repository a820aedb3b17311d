import KubernetesClient

extension CheckCategory {
    /// The basis of all other checks.
    static let cluster = CheckCategory(
        name: "cluster", checks: [.apiReachable, .kubernetesVersion, .apiReady], isGate: true,
        readsInstallation: false)
}

extension Check {
    /// The same as in the chart's `kubeVersion`.
    private static let oldestMinor = 30

    static let apiReachable = Check("api-reachable", "the API server responds") { context in
        _ = try await context.client.version()
        return .ok(context.client.configuration.server)
    }

    static let kubernetesVersion = Check("kubernetes-version", "Kubernetes is 1.\(oldestMinor) or later") { context in
        let version = try await context.client.version()
        // Some providers write `30+`.
        let minor = Int(version.minor.prefix { $0.isNumber }) ?? 0
        guard version.major != "1" || minor >= oldestMinor else {
            return .failed(version.gitVersion, hint: "upgrade the cluster; the chart needs 1.\(oldestMinor) or later")
        }
        return .ok(version.gitVersion)
    }

    static let apiReady = Check("api-ready", "the API server is ready") { context in
        let response = try await context.client.raw("/readyz", query: [("verbose", "true")])
        if response.isSuccess { return .ok() }
        guard response.status != 401, response.status != 403 else { return .skipped("no permission to read /readyz") }
        let failing = response.text.split(separator: "\n").filter { $0.hasPrefix("[-]") }.map { $0.dropFirst(3).prefix { $0 != " " } }
        let reason = failing.isEmpty ? "it responds with \(response.status)" : failing.joined(separator: ", ")
        return .failed(reason, hint: "ask the administrators of the cluster")
    }
}
