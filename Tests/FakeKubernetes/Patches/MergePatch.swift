import KubernetesClient
import WireFormats

/// RFC 7386.
enum MergePatch {
    static func apply(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = target.objectValue ?? [:]
        for (key, change) in changes {
            result[key] = change == .null ? nil : apply(change, to: result[key] ?? .null)
        }
        return .object(result)
    }
}
