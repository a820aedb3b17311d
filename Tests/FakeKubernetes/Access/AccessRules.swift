import KubernetesClient
import WireFormats

/// The user of a request.
package struct FakeClusterUser: Sendable, Hashable {
    package var name: String
    package var groups: [String]

    package init(name: String, groups: [String] = []) {
        self.name = name
        self.groups = groups
    }
}

/// A denied action. Everything that no rule denies is allowed. Nil matches anything.
package struct DenialRule: Sendable, Hashable {
    package var user: String?
    /// `get`, `list`, `watch`, `create`, `patch`, `delete`; empty for all.
    package var verbs: Set<String>
    /// The plural; `deployments/scale` for a subresource. `deployments` alone matches only the object.
    package var resource: String?
    package var namespace: String?

    package init(user: String? = nil, verbs: Set<String> = [], resource: String? = nil, namespace: String? = nil) {
        self.user = user
        self.verbs = verbs
        self.resource = resource
        self.namespace = namespace
    }

    func denies(_ user: String, _ verb: String, _ resource: String, _ namespace: String?) -> Bool {
        (self.user ?? user) == user && (verbs.isEmpty || verbs.contains(verb)) && (self.resource ?? resource) == resource
            && (self.namespace == nil || self.namespace == namespace)
    }
}

extension FakeClusterState {
    func isAllowed(_ user: String, _ verb: String, _ resource: String, _ namespace: String?) -> Bool {
        !denials.contains { $0.denies(user, verb, resource, namespace) }
    }

    /// Responds to a SubjectAccessReview: what another user may do.
    func reviewed(_ review: JSONValue) -> JSONValue {
        let groups = review["spec"]?["groups"]?.arrayValue ?? []
        let user = FakeClusterUser(name: review["spec"]?["user"]?.stringValue ?? "", groups: groups.compactMap(\.stringValue))
        return reviewed(review, for: user)
    }

    /// Responds to a SelfSubjectAccessReview.
    func reviewed(_ review: JSONValue, for user: FakeClusterUser) -> JSONValue {
        let attributes = review["spec"]?["resourceAttributes"] ?? [:]
        var resource = attributes["resource"]?.stringValue ?? ""
        if let subresource = attributes["subresource"]?.stringValue { resource += "/\(subresource)" }
        let allowed = isAllowed(user.name, attributes["verb"]?.stringValue ?? "", resource, attributes["namespace"]?.stringValue)
        var response = review
        response["status"] = allowed ? ["allowed": true] : ["allowed": false, "reason": "no rule allows it"]
        return response
    }
}
