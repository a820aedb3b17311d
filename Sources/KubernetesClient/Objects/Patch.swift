public import WireFormats

/// A change to an object.
public enum Patch: Sendable, Hashable {
    /// RFC 7386: fields replace fields, null removes them, lists are replaced as a whole.
    case merge(JSONValue)
    /// The format of Kubernetes: like `merge`, but lists of containers, ports and so on are merged by their keys.
    case strategic(JSONValue)
    /// RFC 6902: a list of operations, applied atomically.
    case json([JSONValue])
    /// Server-side apply of these fields. Requires a field manager; `force` takes over fields from other managers.
    case apply(JSONValue, force: Bool)

    var contentType: String {
        switch self {
        case .merge: "application/merge-patch+json"
        case .strategic: "application/strategic-merge-patch+json"
        case .json: "application/json-patch+json"
        case .apply: "application/apply-patch+yaml"
        }
    }

    /// JSON is valid YAML, so apply accepts it too.
    var body: [UInt8] {
        switch self {
        case .merge(let value), .strategic(let value), .apply(let value, _): Array(value.text().utf8)
        case .json(let operations): Array(JSONValue.array(operations).text().utf8)
        }
    }
}

/// The options of a write.
public struct WriteOptions: Sendable, Hashable {
    /// Validates and simulates the write without storing anything.
    public var dryRun: Bool
    /// The owner of the written fields, as `kubectl describe` shows it.
    public var fieldManager: String?

    public init(dryRun: Bool = false, fieldManager: String? = nil) {
        self.dryRun = dryRun
        self.fieldManager = fieldManager
    }

    var query: [(String, String)] {
        var query: [(String, String)] = []
        if dryRun { query.append(("dryRun", "All")) }
        if let fieldManager { query.append(("fieldManager", fieldManager)) }
        return query
    }
}

/// How objects are deleted that belong to a deleted one.
public enum DeletionPropagation: String, Sendable, Hashable {
    case background = "Background"
    case foreground = "Foreground"
    case orphan = "Orphan"
}
