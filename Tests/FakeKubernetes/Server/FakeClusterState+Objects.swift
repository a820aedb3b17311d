import KubernetesClient
import WireFormats

extension FakeClusterState {
    /// Responds to a call about objects.
    mutating func respond(_ request: FakeClusterRequest, _ target: RequestTarget, _ verb: String) throws -> JSONValue {
        switch verb {
        case "list": return try list(request, target)
        case "create": return try create(request, target)
        case "get": return try shown(target)
        case "patch": return try patch(request, target)
        case "delete": return try delete(request, target)
        default:
            throw StatusResponse(
                code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource")
        }
    }

    private func stored(_ target: RequestTarget) throws -> JSONValue {
        guard let name = target.name, let object = store.objects[target.key(name)] else { throw StatusResponse.notFound(target) }
        return object
    }

    private func shown(_ target: RequestTarget) throws -> JSONValue {
        let object = try stored(target)
        switch target.subresource {
        case nil, "status": return object
        case "scale": return Self.scale(of: object, target)
        default: throw StatusResponse.noPage
        }
    }

    static func scale(of object: JSONValue, _ target: RequestTarget) -> JSONValue {
        var metadata: JSONValue = [:]
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[field] = object["metadata"]?[field]
        }
        let labels = object["spec"]?["selector"]?["matchLabels"]?.objectValue ?? [:]
        let selector = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.stringValue ?? "")" }.joined(separator: ",")
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
            "spec": ["replicas": object["spec"]?["replicas"] ?? 0],
            "status": ["replicas": object["status"]?["replicas"] ?? 0, "selector": .string(selector)],
        ]
    }

    private mutating func list(_ request: FakeClusterRequest, _ target: RequestTarget) throws -> JSONValue {
        let filter = ObjectFilter(request, target)
        var items: [JSONValue]
        if let token = request.query["continue"] {
            guard !rejectsListTokens, let rest = listTokens.removeValue(forKey: token) else {
                throw StatusResponse(code: 410, reason: "Expired", message: "The provided continue parameter is too old")
            }
            items = rest
        } else {
            items = store.objects.filter { filter.includes($0.key) && filter.matches($0.value) }
                .sorted { ($0.key.namespace ?? "", $0.key.name) < ($1.key.namespace ?? "", $1.key.name) }.map(\.value)
            let kind = items.first?["kind"]?.stringValue ?? "Object"
            for index in items.indices {
                items[index]["kind"] = nil
                items[index]["apiVersion"] = nil
            }
            return page(items, request, kind: kind, target)
        }
        return page(items, request, kind: "Object", target)
    }

    private mutating func page(_ items: [JSONValue], _ request: FakeClusterRequest, kind: String, _ target: RequestTarget) -> JSONValue {
        var metadata: JSONValue = ["resourceVersion": .string(String(store.version))]
        var items = items
        if let limit = request.query["limit"].flatMap({ Int($0) }), items.count > limit {
            let token = "token-\(listTokens.count)-\(store.version)-\(items.count)"
            listTokens[token] = Array(items[limit...])
            metadata["continue"] = .string(token)
            metadata["remainingItemCount"] = .integer(items.count - limit)
            items = Array(items[..<limit])
        }
        return ["kind": .string("\(kind)List"), "apiVersion": .string(target.apiVersion), "metadata": metadata, "items": .array(items)]
    }

    private mutating func create(_ request: FakeClusterRequest, _ target: RequestTarget) throws -> JSONValue {
        guard var object = request.json, object.objectValue != nil else { throw StatusResponse.badRequest("the body is not an object") }
        var named = target
        named.name = object["metadata"]?["name"]?.stringValue
        guard let name = named.name else {
            throw StatusResponse.invalid(target, "metadata.name: Required value: name or generateName is required")
        }
        guard store.objects[named.key(name)] == nil else { throw StatusResponse.alreadyExists(named) }
        object["metadata"]?["resourceVersion"] = nil
        return keep(object, insteadOf: [:], named.key(name), request, target)
    }

    /// Stores an object, unless the call is a dry run.
    private mutating func keep(_ object: JSONValue, _ key: ObjectKey, _ request: FakeClusterRequest) -> JSONValue {
        request.query["dryRun"] == "All" ? store.preview(key, object) : store.put(key, object)
    }

    private mutating func delete(_ request: FakeClusterRequest, _ target: RequestTarget) throws -> JSONValue {
        let object = try stored(target)
        let options = request.json ?? [:]
        if let version = options["preconditions"]?["resourceVersion"], version != object["metadata"]?["resourceVersion"] {
            throw StatusResponse.conflict(target)
        }
        let isDryRun = options["dryRun"] == ["All"] || request.query["dryRun"] == "All"
        if !isDryRun { _ = store.remove(target.key(target.name ?? "")) }
        return ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": target.details]
    }

    private mutating func patch(_ request: FakeClusterRequest, _ target: RequestTarget) throws -> JSONValue {
        guard let change = request.json else { throw StatusResponse.badRequest("the body is not JSON") }
        let type = request.headers["content-type"] ?? ""
        let key = target.key(target.name ?? "")
        if type.hasPrefix("application/apply-patch") { return try apply(change, request, target) }
        let object = try stored(target)
        let isScale = target.subresource == "scale"
        let before = isScale ? Self.scale(of: object, target) : object
        try checkVersion(change, object, target)
        let after = try Self.patched(before, change, type)
        try Self.validate(after, target)
        guard isScale else { return keep(after, insteadOf: object, key, request, target) }
        var scaled = object
        scaled["spec"]?["replicas"] = after["spec"]?["replicas"] ?? 0
        return Self.scale(of: keep(scaled, insteadOf: object, key, request, target), target)
    }

    private func checkVersion(_ change: JSONValue, _ object: JSONValue, _ target: RequestTarget) throws {
        guard let version = change["metadata"]?["resourceVersion"], version != object["metadata"]?["resourceVersion"] else { return }
        throw StatusResponse.conflict(target)
    }

    private static func patched(_ object: JSONValue, _ change: JSONValue, _ type: String) throws -> JSONValue {
        switch type {
        case "application/merge-patch+json": return MergePatch.apply(change, to: object)
        case "application/strategic-merge-patch+json": return StrategicMergePatch.apply(change, to: object)
        case "application/json-patch+json":
            do {
                return try JSONPatch.apply(change.arrayValue ?? [], to: object)
            } catch let failure as JSONPatch.Failure {
                throw StatusResponse(
                    code: 422, reason: "Invalid",
                    message: "the server rejected our request due to an error in our request: \(failure.message)")
            }
        default:
            throw StatusResponse(code: 415, reason: "UnsupportedMediaType", message: "the body of the request was in an unknown format")
        }
    }

    private static func validate(_ object: JSONValue, _ target: RequestTarget) throws {
        guard let replicas = object["spec"]?["replicas"] else { return }
        guard let count = replicas.intValue, count >= 0 else {
            throw StatusResponse.invalid(target, "spec.replicas: Invalid value: \(replicas.text()): must be greater than or equal to 0")
        }
    }

    /// Server-side apply: fields of other managers are changed only if forced.
    private mutating func apply(_ change: JSONValue, _ request: FakeClusterRequest, _ target: RequestTarget) throws -> JSONValue {
        guard let manager = request.query["fieldManager"], !manager.isEmpty else {
            throw StatusResponse.badRequest(
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
        }
        let key = target.key(target.name ?? "")
        let live = store.objects[key] ?? ["apiVersion": .string(target.apiVersion), "kind": change["kind"] ?? "Object"]
        var ownership = FieldOwnership(of: live)
        do {
            let abandoned = try ownership.apply(
                change, to: live, by: fieldManager(manager, .apply, target), force: request.query["force"] == "true")
            let merged = StrategicMergePatch.apply(change, to: FieldOwnership.removing(abandoned, from: live))
            return keep(merged, owned: ownership, key, request)
        } catch {
            throw error.response
        }
    }

    /// Stores an updated object. A client that changes `metadata.managedFields` itself determines the ownership.
    private mutating func keep(
        _ after: JSONValue, insteadOf before: JSONValue, _ key: ObjectKey, _ request: FakeClusterRequest, _ target: RequestTarget
    ) -> JSONValue {
        var ownership = FieldOwnership(of: after)
        ownership.update(from: before, to: after, by: fieldManager(request.query["fieldManager"] ?? "unknown", .update, target))
        return keep(after, owned: ownership, key, request)
    }

    private mutating func keep(
        _ object: JSONValue, owned ownership: FieldOwnership, _ key: ObjectKey, _ request: FakeClusterRequest
    ) -> JSONValue {
        var object = object
        if let owners = ownership.json { object["metadata"]?["managedFields"] = owners } else { object["metadata"]?["managedFields"] = nil }
        return keep(object, key, request)
    }

    private func fieldManager(_ name: String, _ operation: FieldManager.Operation, _ target: RequestTarget) -> FieldManager {
        FieldManager(name: name, operation: operation, subresource: target.subresource, apiVersion: target.apiVersion)
    }
}
