import KubernetesClient
import WireFormats

struct ObjectKey: Hashable, Sendable {
    var group: String
    var plural: String
    var namespace: String?
    var name: String
}

/// A change of an object, kept so that watches can resume.
struct StoredChange: Sendable {
    let version: Int
    let key: ObjectKey
    /// Nil for a new object, and for a deleted one.
    let before: JSONValue?
    let after: JSONValue?
}

/// Objects with resource versions and the history of their changes.
struct ObjectStore: Sendable {
    private(set) var objects: [ObjectKey: JSONValue] = [:]
    private(set) var changes: [StoredChange] = []
    private(set) var version = 1_000
    /// Watches from earlier versions get 410.
    private(set) var oldestVersion = 0
    private var serial = 0

    mutating func put(_ key: ObjectKey, _ object: JSONValue) -> JSONValue {
        let old = objects[key]
        var new = object
        complete(&new, key, old)
        if let old, Self.sameContent(old, new) { return old }
        version += 1
        new["metadata"]?["resourceVersion"] = .string(String(version))
        objects[key] = new
        changes.append(StoredChange(version: version, key: key, before: old, after: new))
        return new
    }

    mutating func remove(_ key: ObjectKey) -> JSONValue? {
        guard var old = objects.removeValue(forKey: key) else { return nil }
        version += 1
        old["metadata"]?["resourceVersion"] = .string(String(version))
        changes.append(StoredChange(version: version, key: key, before: old, after: nil))
        return old
    }

    /// Drops the history: watchers from earlier versions must list again.
    mutating func compact() {
        version += 1
        oldestVersion = version
        changes = []
    }

    /// The result of a write, without storing it.
    func preview(_ key: ObjectKey, _ object: JSONValue) -> JSONValue {
        var copy = self
        return copy.put(key, object)
    }

    private mutating func complete(_ object: inout JSONValue, _ key: ObjectKey, _ old: JSONValue?) {
        var metadata = object["metadata"] ?? [:]
        metadata["name"] = .string(key.name)
        metadata["namespace"] = key.namespace.map { .string($0) }
        if let old = old?["metadata"] {
            metadata["uid"] = old["uid"]
            metadata["creationTimestamp"] = metadata["creationTimestamp"] ?? old["creationTimestamp"]
            metadata["generation"] = old["generation"]
        } else {
            serial += 1
            metadata["uid"] = metadata["uid"] ?? .string("00000000-0000-4000-8000-" + Self.padded(serial, 12))
            metadata["creationTimestamp"] = metadata["creationTimestamp"] ?? .string(Timestamp.now.text)
        }
        if object["spec"] != nil, metadata["generation"] == nil || (old != nil && old?["spec"] != object["spec"]) {
            metadata["generation"] = .integer((metadata["generation"]?.intValue ?? 0) + 1)
        }
        object["metadata"] = metadata
    }

    private static func sameContent(_ old: JSONValue, _ new: JSONValue) -> Bool {
        var new = new
        new["metadata"]?["resourceVersion"] = old["metadata"]?["resourceVersion"]
        return old == new
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
