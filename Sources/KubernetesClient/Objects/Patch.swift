public import WireFormats

/// A change to an object.
public enum Patch: Sendable, Hashable {
    /// RFC 7386: fields replace fields, null removes them, lists are replaced whole.
    case merge(JSONValue)
    /// Kubernetes' own: as merge, but lists of containers, ports and so on are merged by their keys.
    case strategic(JSONValue)
    /// RFC 6902: a list of operations, all or none.
    case json([JSONValue])
    /// Server-side apply of these fields. Needs a field manager; `force` takes fields over from others.
    case apply(JSONValue, force: Bool)

    var contentType: String {
        switch self {
        case .merge: "application/merge-patch+json"
        case .strategic: "application/strategic-merge-patch+json"
        case .json: "application/json-patch+json"
        case .apply: "application/apply-patch+yaml"
        }
    }

    /// JSON is YAML, so that apply takes it too.
    var body: [UInt8] {
        switch self {
        case .merge(let value), .strategic(let value), .apply(let value, _): Array(value.text().utf8)
        case .json(let operations): Array(JSONValue.array(operations).text().utf8)
        }
    }
}

/// The options of a write.
public struct WriteOptions: Sendable, Hashable {
    /// The server checks and answers as if, and keeps nothing.
    public var dryRun: Bool
    /// Whose fields these are, and whom `kubectl describe` will name.
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

/// How the objects that belong to a deleted one go.
public enum DeletionPropagation: String, Sendable, Hashable {
    case background = "Background"
    case foreground = "Foreground"
    case orphan = "Orphan"
}
