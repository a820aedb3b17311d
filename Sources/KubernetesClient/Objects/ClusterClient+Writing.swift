import NIOHTTP1
public import WireFormats

extension ClusterClient {
    /// Changes an object or a subresource, and returns the result.
    @discardableResult
    public func patch(
        _ kind: ResourceKind, _ name: String, in namespace: String? = nil, subresource: String? = nil, _ patch: Patch,
        options: WriteOptions = WriteOptions()
    ) async throws -> JSONValue {
        try await decoded(patchRequest(kind, name, in: namespace, subresource: subresource, patch, options))
    }

    @discardableResult
    public func patch<R: KubernetesResource>(
        _ type: R.Type, _ name: String, in namespace: String? = nil, _ patch: Patch, options: WriteOptions = WriteOptions()
    ) async throws -> R {
        try await decoded(patchRequest(R.resource, name, in: namespace, subresource: nil, patch, options))
    }

    private func patchRequest(
        _ kind: ResourceKind, _ name: String, in namespace: String?, subresource: String?, _ patch: Patch, _ options: WriteOptions
    ) -> APIRequest {
        let path = kind.path(namespace: namespace ?? self.namespace, name: name, subresource: subresource)
        var request = APIRequest(.PATCH, path, query: options.query)
        if case .apply(_, force: true) = patch { request.query.append(("force", "true")) }
        request.contentType = patch.contentType
        request.body = patch.body
        return request
    }

    /// Creates an object and returns it with the fields that the server has added.
    @discardableResult
    public func create(
        _ kind: ResourceKind, _ object: JSONValue, in namespace: String? = nil, options: WriteOptions = WriteOptions()
    ) async throws -> JSONValue {
        var complete = object
        complete["apiVersion"] = object["apiVersion"] ?? .string(kind.apiVersion)
        complete["kind"] = object["kind"] ?? .string(kind.kind)
        var request = APIRequest(.POST, kind.path(namespace: namespace ?? self.namespace), query: options.query)
        request.body = Array(complete.text().utf8)
        return try await decoded(request)
    }

    /// Requests the deletion of an object, which may still exist until its grace period ends.
    /// - Parameter resourceVersion: Deletes only this version; throws `conflict` if there is another one.
    public func delete(
        _ kind: ResourceKind, _ name: String, in namespace: String? = nil, propagation: DeletionPropagation = .background,
        resourceVersion: String? = nil, options: WriteOptions = WriteOptions()
    ) async throws {
        var body: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": .string(propagation.rawValue)]
        if let resourceVersion { body["preconditions"] = ["resourceVersion": .string(resourceVersion)] }
        if options.dryRun { body["dryRun"] = ["All"] }
        var request = APIRequest(.DELETE, kind.path(namespace: namespace ?? self.namespace, name: name))
        request.body = Array(body.text().utf8)
        _ = try await transport.body(of: request)
    }

    /// The current and desired number of replicas of a workload.
    public func scale(_ kind: ResourceKind, _ name: String, in namespace: String? = nil) async throws -> Scale {
        try await decoded(APIRequest(.GET, kind.path(namespace: namespace ?? self.namespace, name: name, subresource: "scale")))
    }

    /// Sets the desired number of replicas of a workload.
    /// - Parameter resourceVersion: Of the scale that the caller has read. If the workload has changed since,
    ///   the call throws `conflict` and changes nothing.
    @discardableResult
    public func setScale(
        _ kind: ResourceKind, _ name: String, in namespace: String? = nil, replicas: Int, resourceVersion: String? = nil,
        options: WriteOptions = WriteOptions()
    ) async throws -> Scale {
        var change: JSONValue = ["spec": ["replicas": .integer(replicas)]]
        if let resourceVersion { change["metadata"] = ["resourceVersion": .string(resourceVersion)] }
        return try await decoded(patchRequest(kind, name, in: namespace, subresource: "scale", .merge(change), options))
    }
}
