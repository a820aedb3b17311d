import KubernetesClient

/// A role that the installation of the chart grants.
///
/// The API server lets users grant only permissions that they hold, unless they may `escalate` and `bind` roles
/// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping).
struct Grant: Sendable {
    let role: String
    /// Users with all of these do not need the permissions.
    let powers: [AccessQuestion]
    /// The permissions of the role.
    let permissions: [AccessQuestion]

    /// Whether this user may grant the role.
    func isAllowed(_ client: ClusterClient) async throws -> Bool {
        if try await areAllowed(powers, client) { return true }
        return try await areAllowed(permissions, client)
    }

    private func areAllowed(_ questions: [AccessQuestion], _ client: ClusterClient) async throws -> Bool {
        for question in questions where try await !client.mayI(question).isAllowed { return false }
        return true
    }
}

extension Grant {
    /// The roles of the metrics adapter and of the Job that creates the passwords.
    static func ofChart(in namespace: String) -> [Grant] {
        let secrets = ["create", "get", "update", "patch", "delete"].map {
            AccessQuestion(verb: $0, resource: "secrets", namespace: namespace)
        }
        let adapter =
            ["get", "patch"].map { AccessQuestion(verb: $0, group: "apiregistration.k8s.io", resource: "apiservices") }
            + ["get", "list"].map { AccessQuestion(verb: $0, group: "external.metrics.k8s.io", resource: "pixelflow_consumer_group_lag") }
            + [AccessQuestion(verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews")]
        let reader = ["get", "list", "watch"].map {
            AccessQuestion(verb: $0, resource: "configmaps", name: "extension-apiserver-authentication", namespace: "kube-system")
        }
        return [
            Grant(
                role: "the Roles of the chart", powers: ["escalate", "bind"].map { role($0, "roles", in: namespace) }, permissions: secrets),
            Grant(
                role: "the ClusterRoles of the chart", powers: ["escalate", "bind"].map { role($0, "clusterroles") }, permissions: adapter),
            Grant(
                role: "extension-apiserver-authentication-reader",
                powers: [role("bind", "roles", name: "extension-apiserver-authentication-reader", in: "kube-system")], permissions: reader),
        ]
    }

    private static func role(_ verb: String, _ kind: String, name: String? = nil, in namespace: String? = nil) -> AccessQuestion {
        AccessQuestion(verb: verb, group: "rbac.authorization.k8s.io", resource: kind, name: name, namespace: namespace)
    }
}

extension Check {
    /// Whether this user may grant the given roles.
    static func grants(_ anchor: String, _ title: String, _ grants: @escaping @Sendable (_ namespace: String) -> [Grant]) -> Check {
        Check(anchor, title) { context in
            var missing: [String] = []
            for grant in grants(context.namespace) where try await !grant.isAllowed(context.client) { missing.append(grant.role) }
            guard !missing.isEmpty else { return .ok() }
            return .failed(
                "not allowed: \(missing.joined(separator: ", "))",
                hint: "ask for the verbs bind and escalate, or for the permissions of these roles")
        }
    }
}
