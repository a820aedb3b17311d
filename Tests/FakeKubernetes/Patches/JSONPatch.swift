import KubernetesClient
import WireFormats

/// RFC 6902.
enum JSONPatch {
    struct Failure: Error {
        let message: String
    }

    static func apply(_ operations: [JSONValue], to target: JSONValue) throws -> JSONValue {
        try operations.reduce(target) { try apply($1, to: $0) }
    }

    private static func apply(_ operation: JSONValue, to target: JSONValue) throws -> JSONValue {
        let path = try pointer(operation["path"])
        switch operation["op"]?.stringValue {
        case "add": return try edit(target, path, .add(operation["value"] ?? .null))
        case "replace": return try edit(target, path, .replace(operation["value"] ?? .null))
        case "remove": return try edit(target, path, .remove)
        case "copy": return try edit(target, path, .add(try value(at: pointer(operation["from"]), of: target)))
        case "move":
            let from = try pointer(operation["from"])
            let moved = try value(at: from, of: target)
            return try edit(try edit(target, from, .remove), path, .add(moved))
        case "test":
            guard try value(at: path, of: target) == operation["value"] else { throw Failure(message: "testing path failed") }
            return target
        default: throw Failure(message: "unknown operation")
        }
    }

    private enum Edit {
        case add(JSONValue)
        case replace(JSONValue)
        case remove
    }

    private static func pointer(_ value: JSONValue?) throws -> [String] {
        guard let text = value?.stringValue, text.isEmpty || text.hasPrefix("/") else { throw Failure(message: "not a path") }
        return text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { unescape(String($0)) }
    }

    private static func unescape(_ part: String) -> String {
        part.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
            .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
    }

    private static func value(at path: [String], of target: JSONValue) throws -> JSONValue {
        try path.reduce(target) { value, part in
            guard let next = value[part] ?? Int(part).flatMap({ value[$0] }) else { throw Failure(message: "the path is missing") }
            return next
        }
    }

    private static func edit(_ target: JSONValue, _ path: [String], _ change: Edit) throws -> JSONValue {
        guard let part = path.first else {
            switch change {
            case .add(let value), .replace(let value): return value
            case .remove: return .null
            }
        }
        switch target {
        case .object(var fields):
            fields[part] = try editField(fields[part], path, change)
            return .object(fields)
        case .array(var elements):
            try editElement(&elements, part, path, change)
            return .array(elements)
        default: throw Failure(message: "the path \(part) is missing")
        }
    }

    private static func editField(_ old: JSONValue?, _ path: [String], _ change: Edit) throws -> JSONValue? {
        if path.count == 1, case .add(let value) = change { return value }
        guard let old else { throw Failure(message: "the path \(path[0]) is missing") }
        if path.count == 1, case .remove = change { return nil }
        return try edit(old, Array(path.dropFirst()), change)
    }

    private static func editElement(_ elements: inout [JSONValue], _ part: String, _ path: [String], _ change: Edit) throws {
        let index = part == "-" ? elements.count : Int(part) ?? -1
        if path.count == 1, case .add(let value) = change, (0...elements.count).contains(index) {
            elements.insert(value, at: index)
            return
        }
        guard elements.indices.contains(index) else { throw Failure(message: "the index \(part) is out of bounds") }
        if path.count == 1, case .remove = change {
            elements.remove(at: index)
        } else {
            elements[index] = try edit(elements[index], Array(path.dropFirst()), change)
        }
    }
}
