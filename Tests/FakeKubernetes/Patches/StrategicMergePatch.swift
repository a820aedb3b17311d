import KubernetesClient
import WireFormats

/// Kubernetes' strategic merge patch: like a merge patch, but merges lists of objects with a known key by that key.
enum StrategicMergePatch {
    /// The merge keys of fields in workloads.
    static let mergeKeys = [
        "containers": "name", "initContainers": "name", "env": "name", "ports": "containerPort", "volumes": "name",
        "volumeMounts": "mountPath", "conditions": "type", "imagePullSecrets": "name", "ownerReferences": "uid",
    ]

    static func apply(_ patch: JSONValue, to target: JSONValue, field: String? = nil) -> JSONValue {
        switch patch {
        case .object(let changes): return merge(changes, into: target.objectValue ?? [:])
        case .array(let changes):
            guard let field, let key = mergeKeys[field], let elements = target.arrayValue else { return patch }
            return .array(merge(changes, into: elements, by: key))
        default: return patch
        }
    }

    private static func merge(_ changes: [String: JSONValue], into target: [String: JSONValue]) -> JSONValue {
        var result = changes["$patch"] == "replace" ? [:] : target
        for (key, change) in changes where !key.hasPrefix("$") {
            result[key] = change == .null ? nil : apply(change, to: result[key] ?? .null, field: key)
        }
        return .object(result)
    }

    private static func merge(_ changes: [JSONValue], into elements: [JSONValue], by key: String) -> [JSONValue] {
        var result = elements
        for change in changes {
            let index = result.firstIndex { $0[key] != nil && $0[key] == change[key] }
            switch (index, change["$patch"]) {
            case (let index?, "delete"): result.remove(at: index)
            case (let index?, _): result[index] = apply(change, to: result[index])
            case (nil, "delete"): break
            case (nil, _): result.append(apply(change, to: .null))
            }
        }
        return result
    }
}
