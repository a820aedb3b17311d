import KubernetesClient
import WireFormats

extension FakeClusterState {
    /// Answers a call about objects.
    mutating func answer(_ request: FakeClusterRequest, _ target: RequestTarget, _ verb: String) throws -> JSONValue {
        switch verb {
        case "list": return try list(request, target)
        case "create": return try create(request, target)
        case "get": return try shown(target)
        case "patch": return try patch(request, target)
        case "delete": return try delete(request, target)
        default:
            throw StatusAnswer(
                code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource")
        }
    }

    private func stored(_ target: RequestTarget) throws -> JSONValue {
        guard let name = target.name, let object = store.objects[target.key(name)] else { throw StatusAnswer.notFound(target) }
        return object
    }

    private func shown(_ target: RequestTarget) throws -> JSONValue {
        let object = try stored(target)
        switch target.subresource {
        case nil, "status": return object
        case "scale": return Self.scale(of: object, target)
        default: throw StatusAnswer.noPage
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
                throw StatusAnswer(code: 410, reason: "Expired", message: "The provided continue parameter is too old")
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
        guard var object = request.json, object.objectValue != nil else { throw StatusAnswer.badRequest("the body is not an object") }
        var named = target
        named.name = object["metadata"]?["name"]?.stringValue
        guard let name = named.name else {
            throw StatusAnswer.invalid(target, "metadata.name: Required value: name or generateName is required")
        }
        guard store.objects[named.key(name)] == nil else { throw StatusAnswer.alreadyExists(named) }
        object["metadata"]?["resourceVersion"] = nil
        return keep(object, named.key(name), request)
    }

    /// Keeps an object, unless the call is a dry run.
    private mutating func keep(_ object: JSONValue, _ key: ObjectKey, _ request: FakeClusterRequest) -> JSONValue {
        request.query["dryRun"] == "All" ? store.preview(key, object) : store.put(key, object)
    }

    private mutating func delete(_ request: FakeClusterRequest, _ target: RequestTarget) throws -> JSONValue {
        let object = try stored(target)
        let options = request.json ?? [:]
        if let version = options["preconditions"]?["resourceVersion"], version != object["metadata"]?["resourceVersion"] {
            throw StatusAnswer.conflict(target)
        }
        let isDryRun = options["dryRun"] == ["All"] || request.query["dryRun"] == "All"
        if !isDryRun { _ = store.remove(target.key(target.name ?? "")) }
        return ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": target.details]
    }

    private mutating func patch(_ request: FakeClusterRequest, _ target: RequestTarget) throws -> JSONValue {
        guard let change = request.json else { throw StatusAnswer.badRequest("the body is not JSON") }
        let type = request.headers["content-type"] ?? ""
        let key = target.key(target.name ?? "")
        if type.hasPrefix("application/apply-patch") { return try apply(change, request, target) }
        let object = try stored(target)
        let isScale = target.subresource == "scale"
        let before = isScale ? Self.scale(of: object, target) : object
        try checkVersion(change, object, target)
        let after = try Self.patched(before, change, type)
        try Self.validate(after, target)
        noteFields(of: change, key, request.query["fieldManager"] ?? "unknown")
        guard isScale else { return keep(after, key, request) }
        var scaled = object
        scaled["spec"]?["replicas"] = after["spec"]?["replicas"] ?? 0
        return Self.scale(of: keep(scaled, key, request), target)
    }

    private func checkVersion(_ change: JSONValue, _ object: JSONValue, _ target: RequestTarget) throws {
        guard let version = change["metadata"]?["resourceVersion"], version != object["metadata"]?["resourceVersion"] else { return }
        throw StatusAnswer.conflict(target)
    }

    private static func patched(_ object: JSONValue, _ change: JSONValue, _ type: String) throws -> JSONValue {
        switch type {
        case "application/merge-patch+json": return MergePatch.apply(change, to: object)
        case "application/strategic-merge-patch+json": return StrategicMergePatch.apply(change, to: object)
        case "application/json-patch+json":
            do {
                return try JSONPatch.apply(change.arrayValue ?? [], to: object)
            } catch let failure as JSONPatch.Failure {
                throw StatusAnswer(
                    code: 422, reason: "Invalid",
                    message: "the server rejected our request due to an error in our request: \(failure.message)")
            }
        default: throw StatusAnswer(code: 415, reason: "UnsupportedMediaType", message: "the body of the request was in an unknown format")
        }
    }

    private static func validate(_ object: JSONValue, _ target: RequestTarget) throws {
        guard let replicas = object["spec"]?["replicas"] else { return }
        guard let count = replicas.intValue, count >= 0 else {
            throw StatusAnswer.invalid(target, "spec.replicas: Invalid value: \(replicas.text()): must be greater than or equal to 0")
        }
    }

    /// Server-side apply: the fields of another manager are not changed unless forced.
    private mutating func apply(_ change: JSONValue, _ request: FakeClusterRequest, _ target: RequestTarget) throws -> JSONValue {
        guard let manager = request.query["fieldManager"], !manager.isEmpty else {
            throw StatusAnswer.badRequest(
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
        }
        let key = target.key(target.name ?? "")
        let object = store.objects[key] ?? ["apiVersion": .string(target.apiVersion), "kind": change["kind"] ?? "Object"]
        if request.query["force"] != "true" {
            let others = Self.leaves(of: change).filter { path, value in
                let owner = fieldOwners[key]?[path]
                return owner != nil && owner != manager && Self.value(at: path, of: object) != value
            }
            if let (path, _) = others.min(by: { $0.key < $1.key }) {
                let owner = fieldOwners[key]?[path] ?? ""
                throw StatusAnswer(
                    code: 409, reason: "Conflict",
                    message:
                        "Apply failed with \(others.count) conflict\(others.count == 1 ? "" : "s"): conflict with \"\(owner)\": .\(path)",
                    details: ["causes": [["reason": "FieldManagerConflict", "field": .string(".\(path)")]]])
            }
        }
        noteFields(of: change, key, manager)
        return keep(StrategicMergePatch.apply(change, to: object), key, request)
    }

    private mutating func noteFields(of change: JSONValue, _ key: ObjectKey, _ manager: String) {
        for path in Self.leaves(of: change).keys { fieldOwners[key, default: [:]][path] = manager }
    }

    /// `spec.replicas` and the like, for the fields of objects; lists are leaves.
    private static func leaves(of value: JSONValue, path: String = "") -> [String: JSONValue] {
        guard case .object(let fields) = value else { return path.isEmpty ? [:] : [path: value] }
        return fields.filter { path != "" || !["apiVersion", "kind"].contains($0.key) }.reduce(into: [:]) { leaves, field in
            leaves.merge(Self.leaves(of: field.value, path: path.isEmpty ? field.key : "\(path).\(field.key)")) { $1 }
        }
    }

    private static func value(at path: String, of object: JSONValue) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(object)) { $0?[String($1)] }
    }
}
