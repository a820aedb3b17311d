import NIOHTTP1
import WireFormats

/// The version of the server.
public struct ServerVersion: Codable, Sendable, Hashable {
    public var major: String
    public var minor: String
    /// `v1.36.0`
    public var gitVersion: String
    public var platform: String?
}

/// An action to check permissions for.
public struct AccessQuestion: Sendable, Hashable {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`
    public var verb: String
    public var group: String
    /// In the plural: `deployments`.
    public var resource: String
    public var subresource: String?
    public var name: String?
    /// Nil for all namespaces, or for a kind without namespaces.
    public var namespace: String?

    public init(
        verb: String, group: String = "", resource: String, subresource: String? = nil, name: String? = nil, namespace: String? = nil
    ) {
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.name = name
        self.namespace = namespace
    }

    public init(_ verb: String, _ kind: ResourceKind, subresource: String? = nil, namespace: String? = nil) {
        self.init(verb: verb, group: kind.group, resource: kind.plural, subresource: subresource, namespace: namespace)
    }
}

public struct AccessDecision: Sendable, Hashable {
    public var isAllowed: Bool
    public var reason: String?

    public init(isAllowed: Bool, reason: String? = nil) {
        self.isAllowed = isAllowed
        self.reason = reason
    }
}

extension ClusterClient {
    /// Reads any path, for example `/readyz?verbose`, and returns any status.
    /// - Throws: Only if there is no response.
    public func raw(_ path: String, query: [(String, String)] = []) async throws -> RawResponse {
        var request = APIRequest(.GET, path, query: query)
        request.accept = "application/json, */*"
        return try await transport.response(to: request)
    }

    public func version() async throws -> ServerVersion {
        try await decoded(APIRequest(.GET, "/version"))
    }

    /// Whether the server provides a version of an API group, for example `metrics.k8s.io/v1beta1`.
    public func serves(group: String, version: String) async throws -> Bool {
        let response = try await raw(group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)")
        if response.isSuccess { return true }
        // 503 means that the group is registered, but its own server is down.
        if response.status == 404 || response.status == 503 { return false }
        throw try await transport.refusal(response)
    }

    /// Checks whether this user may perform an action (with a SelfSubjectAccessReview).
    public func mayI(_ question: AccessQuestion) async throws -> AccessDecision {
        var attributes: JSONValue = [
            "verb": .string(question.verb), "group": .string(question.group), "resource": .string(question.resource),
        ]
        attributes["subresource"] = question.subresource.map { .string($0) }
        attributes["name"] = question.name.map { .string($0) }
        attributes["namespace"] = question.namespace.map { .string($0) }
        let review = try await create(.selfSubjectAccessReviews, ["spec": ["resourceAttributes": attributes]])
        return AccessDecision(
            isAllowed: review["status"]?["allowed"]?.boolValue ?? false, reason: review["status"]?["reason"]?.stringValue)
    }
}
