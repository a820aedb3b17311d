import KubernetesClient

extension CheckCategory {
    /// The permissions needed to install the chart.
    static let installPermissions = CheckCategory(
        name: "permissions to install",
        checks: [
            .permissions("install-namespaced", "the chart's objects can be created in the namespace") { namespace in
                installed.map { AccessQuestion(verb: "create", group: $0.group, resource: $0.plural, namespace: namespace) }
            },
            .permissions("install-cluster", "the metrics adapter can be registered with the cluster") { _ in
                registered.map { AccessQuestion(verb: "create", group: $0.group, resource: $0.plural) } + [authenticationReader]
            },
            .grants("install-roles", "the roles of the chart can be granted") { Grant.ofChart(in: $0) },
            .permissions("install-priority", "the workers' PriorityClass can be created") { _ in
                [AccessQuestion(verb: "create", group: "scheduling.k8s.io", resource: "priorityclasses")]
            },
        ])

    /// The permissions needed by pfctl itself.
    static let ownPermissions = CheckCategory(
        name: "permissions",
        checks: [
            .permissions("see", "objects can be listed") { namespace in
                let kinds: [ResourceKind] = [.deployments, .replicaSets, .statefulSets, .pods, .events, .horizontalPodAutoscalers]
                return kinds.map { AccessQuestion("list", $0, namespace: namespace) }
            },
            .permissions("change", "services can be scaled and rolled out") { namespace in
                [
                    AccessQuestion("patch", .deployments, namespace: namespace),
                    AccessQuestion("patch", .deployments, subresource: "scale", namespace: namespace),
                    AccessQuestion("patch", .horizontalPodAutoscalers, namespace: namespace),
                ]
            },
            .permissions("reach", "logs can be read and ports can be forwarded") { namespace in
                [
                    AccessQuestion("get", .pods, subresource: "log", namespace: namespace),
                    AccessQuestion("create", .pods, subresource: "portforward", namespace: namespace),
                ]
            },
        ],
        readsInstallation: false)

    private static let installed: [(group: String, plural: String)] = [
        ("", "secrets"), ("", "serviceaccounts"), ("", "services"), ("apps", "deployments"), ("apps", "statefulsets"),
        ("autoscaling", "horizontalpodautoscalers"), ("batch", "jobs"), ("networking.k8s.io", "networkpolicies"),
        ("policy", "poddisruptionbudgets"), ("rbac.authorization.k8s.io", "rolebindings"), ("rbac.authorization.k8s.io", "roles"),
    ]

    private static let registered: [(group: String, plural: String)] = [
        ("apiregistration.k8s.io", "apiservices"), ("rbac.authorization.k8s.io", "clusterrolebindings"),
        ("rbac.authorization.k8s.io", "clusterroles"),
    ]

    /// The chart binds the adapter to a Role that exists in every cluster, in the namespace of that Role.
    private static let authenticationReader = AccessQuestion(
        verb: "create", group: "rbac.authorization.k8s.io", resource: "rolebindings", namespace: "kube-system")
}

extension Check {
    /// Whether this user has all of the given permissions.
    static func permissions(
        _ anchor: String, _ title: String, _ questions: @escaping @Sendable (_ namespace: String) -> [AccessQuestion]
    ) -> Check {
        Check(anchor, title) { context in
            let missing = try await withThrowingTaskGroup(of: String?.self) { group in
                for question in questions(context.namespace) {
                    group.addTask { try await context.client.mayI(question).isAllowed ? nil : name(question, in: context.namespace) }
                }
                return try await group.reduce(into: [String]()) { if let name = $1 { $0.append(name) } }
            }
            guard !missing.isEmpty else { return .ok() }
            return .failed("not allowed: \(missing.sorted().joined(separator: ", "))", hint: "ask for a Role with these permissions")
        }
    }

    private static func name(_ question: AccessQuestion, in namespace: String) -> String {
        let resource = question.resource + (question.subresource.map { "/\($0)" } ?? "")
        let elsewhere = question.namespace.flatMap { $0 == namespace ? nil : " in \($0)" } ?? ""
        return "\(question.verb) \(resource)" + (question.group.isEmpty ? "" : ".\(question.group)") + elsewhere
    }
}
