import KubernetesClient
import WireFormats

/// The owner of fields: an entry of `metadata.managedFields`.
struct FieldManager: Hashable, Sendable {
    enum Operation: String, Sendable {
        case apply = "Apply"
        case update = "Update"
    }

    var name: String
    var operation: Operation
    var subresource: String?
    var apiVersion: String

    /// As in conflict messages.
    var description: String {
        "\"\(name)\"" + (subresource.map { " with subresource \"\($0)\"" } ?? "") + " using \(apiVersion)"
    }
}

/// Fields by their paths, in the elements of `fieldsV1`: `f:spec`, `k:{"name":"api"}`, `.`.
typealias FieldSet = Set<[String]>

/// Tracks the ownership of an object's fields like the API server: a manager that updates a field becomes its only
/// owner; a manager that applies a field shares it with those that want the same value, and conflicts with others.
struct FieldOwnership {
    /// Fields that clients cannot own.
    private static let serverFields: Set = [
        "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields",
    ]

    private(set) var owners: [FieldManager: FieldSet]

    /// Reads an object's `metadata.managedFields`.
    init(of object: JSONValue) {
        owners = [:]
        for entry in object["metadata"]?["managedFields"]?.arrayValue ?? [] {
            guard let name = entry["manager"]?.stringValue, let word = entry["operation"]?.stringValue,
                let operation = FieldManager.Operation(rawValue: word)
            else { continue }
            let manager = FieldManager(
                name: name, operation: operation, subresource: entry["subresource"]?.stringValue,
                apiVersion: entry["apiVersion"]?.stringValue ?? "")
            owners[manager, default: []].formUnion(Self.paths(fieldsV1: entry["fieldsV1"] ?? [:]))
        }
    }

    /// Records what an update has changed.
    mutating func update(from before: JSONValue, to after: JSONValue, by manager: FieldManager) {
        let (old, new) = (Self.leaves(of: before), Self.leaves(of: after))
        let gone = Set(old.keys).subtracting(new.keys)
        let changed = Set(new.filter { old[$0.key] != $0.value }.keys)
        for other in owners.keys { owners[other]?.subtract(gone.union(changed)) }
        owners[manager, default: []].formUnion(changed)
    }

    /// Records what is applied.
    ///
    /// - Returns: fields that no manager wants any more, which must be removed.
    /// - Throws: the conflicts, unless they are forced.
    mutating func apply(_ change: JSONValue, to live: JSONValue, by manager: FieldManager, force: Bool) throws(FieldConflict) -> FieldSet {
        let (wanted, present) = (Self.leaves(of: change), Self.leaves(of: live))
        let disputed = Set(wanted.filter { present[$0.key] != $0.value }.keys)
        let conflicts = owners.filter { $0.key != manager }.mapValues { $0.intersection(disputed) }.filter { !$0.value.isEmpty }
        guard force || conflicts.isEmpty else { throw FieldConflict(fields: conflicts) }
        for (other, fields) in conflicts { owners[other]?.subtract(fields) }
        let abandoned = (owners[manager] ?? []).subtracting(wanted.keys)
        owners[manager] = Set(wanted.keys)
        return abandoned.filter { field in !owners.values.contains { $0.contains(field) } }
    }

    /// The value of `metadata.managedFields`; nil if there are no owners.
    var json: JSONValue? {
        func order(_ manager: FieldManager) -> [String] { [manager.name, manager.operation.rawValue, manager.subresource ?? ""] }
        let entries = owners.filter { !$0.value.isEmpty }.sorted { order($0.key).lexicographicallyPrecedes(order($1.key)) }
        guard !entries.isEmpty else { return nil }
        return .array(
            entries.map { manager, fields in
                var entry: JSONValue = [
                    "manager": .string(manager.name), "operation": .string(manager.operation.rawValue),
                    "apiVersion": .string(manager.apiVersion), "fieldsType": "FieldsV1", "fieldsV1": Self.fieldsV1(fields),
                ]
                entry["subresource"] = manager.subresource.map { .string($0) }
                return entry
            })
    }
}

/// Fields of other managers that an apply would change.
struct FieldConflict: Error {
    let fields: [FieldManager: FieldSet]

    /// The response of the API server.
    var response: StatusResponse {
        let lines = fields.sorted { $0.key.name < $1.key.name }.flatMap { manager, fields in
            fields.map(FieldOwnership.text).sorted().map { (manager: manager.description, field: $0) }
        }
        let causes: [JSONValue] = lines.map {
            ["reason": "FieldManagerConflict", "message": .string("conflict with \($0.manager)"), "field": .string($0.field)]
        }
        let count = "\(lines.count) conflict\(lines.count == 1 ? "" : "s")"
        return StatusResponse(
            code: 409, reason: "Conflict",
            message: "Apply failed with \(count): " + lines.map { "conflict with \($0.manager): \($0.field)" }.joined(separator: ", "),
            details: ["causes": .array(causes)])
    }
}

extension FieldOwnership {
    /// The fields of an object that can be owned, with their values. Elements of lists with a merge key are
    /// separate fields; any other list is one field.
    static func leaves(of object: JSONValue) -> [[String]: JSONValue] {
        var object = object
        for field in ["apiVersion", "kind", "status"] { object[field] = nil }
        for field in serverFields where object["metadata"] != nil { object["metadata"]?[field] = nil }
        var leaves: [[String]: JSONValue] = [:]
        collect(object, field: nil, path: [], into: &leaves)
        return leaves
    }

    private static func collect(_ value: JSONValue, field: String?, path: [String], into leaves: inout [[String]: JSONValue]) {
        switch value {
        case .object(let fields) where !fields.isEmpty:
            for (name, value) in fields { collect(value, field: name, path: path + ["f:\(name)"], into: &leaves) }
        case .array(let elements):
            guard let field, let key = StrategicMergePatch.mergeKeys[field], elements.allSatisfy({ $0[key] != nil }) else { fallthrough }
            for element in elements {
                let identity = JSONValue.object([key: element[key] ?? .null]).text()
                leaves[path + ["k:\(identity)", "."]] = true
                collect(element, field: nil, path: path + ["k:\(identity)"], into: &leaves)
            }
        default:
            if !path.isEmpty { leaves[path] = value }
        }
    }

    /// An object without some of its fields.
    static func removing(_ fields: FieldSet, from object: JSONValue) -> JSONValue {
        fields.sorted { $0.count > $1.count }.reduce(object) { remove($1[...], from: $0) }
    }

    private static func remove(_ path: ArraySlice<String>, from value: JSONValue) -> JSONValue {
        guard let step = path.first else { return value }
        if case .object(var fields) = value, step.hasPrefix("f:") {
            let name = String(step.dropFirst(2))
            fields[name] = path.count == 1 ? nil : fields[name].map { remove(path.dropFirst(), from: $0) }
            return .object(fields)
        }
        guard case .array(var elements) = value, step.hasPrefix("k:"),
            let identity = try? JSONValue(parsing: Array(step.dropFirst(2).utf8)), let (key, expected) = identity.objectValue?.first,
            let index = elements.firstIndex(where: { $0[key] == expected })
        else { return value }
        if path.dropFirst() == ["."] {
            elements.remove(at: index)
        } else {
            elements[index] = remove(path.dropFirst(), from: elements[index])
        }
        return .array(elements)
    }

    /// `.spec.template.spec.containers[name="api"].image`
    static func text(_ path: [String]) -> String {
        path.map { step in
            guard step.hasPrefix("k:") else { return step == "." ? "" : ".\(step.dropFirst(2))" }
            let identity = (try? JSONValue(parsing: Array(step.dropFirst(2).utf8)))?.objectValue ?? [:]
            return "[" + identity.map { "\($0.key)=\($0.value.text())" }.joined(separator: ",") + "]"
        }.joined()
    }

    private static func fieldsV1(_ fields: FieldSet) -> JSONValue {
        fields.reduce([:]) { tree, path in insert(path[...], into: tree) }
    }

    private static func insert(_ path: ArraySlice<String>, into tree: JSONValue) -> JSONValue {
        guard let step = path.first else { return tree }
        var tree = tree
        tree[step] = insert(path.dropFirst(), into: tree[step] ?? [:])
        return tree
    }

    private static func paths(fieldsV1 tree: JSONValue, path: [String] = []) -> FieldSet {
        guard let fields = tree.objectValue, !fields.isEmpty else { return path.isEmpty ? [] : [path] }
        return fields.reduce(into: []) { $0.formUnion(paths(fieldsV1: $1.value, path: path + [$1.key])) }
    }
}
