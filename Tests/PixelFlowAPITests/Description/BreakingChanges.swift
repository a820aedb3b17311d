import WireFormats

/// Finds changes between two descriptions that break clients of the old one.
struct BreakingChanges {
    /// The direction of a schema: clients write requests and read responses.
    private enum Side { case request, response }

    private let old: JSONValue
    private let new: JSONValue
    private var changes: [String] = []

    static func between(_ old: JSONValue, _ new: JSONValue) -> [String] {
        var comparison = BreakingChanges(old: old, new: new)
        comparison.comparePaths()
        return comparison.changes
    }

    private init(old: JSONValue, new: JSONValue) {
        self.old = old
        self.new = new
    }

    private mutating func comparePaths() {
        for (path, methods) in members(old["paths"]) {
            for (method, operation) in members(methods) {
                let name = "\(method.uppercased()) \(path)"
                guard let now = new["paths"]?[path]?[method] else {
                    changes.append("\(name) is gone")
                    continue
                }
                compareParameters(name, operation, now)
                compareBodies(name, operation, now)
                compareResponses(name, operation, now)
                if members(operation["security"]?[0]).isEmpty && !members(now["security"]?[0]).isEmpty {
                    changes.append("\(name) needs a token")
                }
            }
        }
    }

    private mutating func compareParameters(_ name: String, _ before: JSONValue, _ now: JSONValue) {
        let (old, new) = (parameters(before), parameters(now))
        for (key, parameter) in new.sorted(by: { $0.key < $1.key }) where old[key] == nil && parameter["required"]?.boolValue == true {
            changes.append("\(name): parameter \(key) is required")
        }
        for (key, parameter) in old.sorted(by: { $0.key < $1.key }) {
            guard let other = new[key] else {
                changes.append("\(name): parameter \(key) is gone")
                continue
            }
            compare("\(name): \(key)", parameter["schema"] ?? .null, other["schema"] ?? .null, .request)
        }
    }

    private mutating func compareBodies(_ name: String, _ before: JSONValue, _ now: JSONValue) {
        for (type, content) in members(before["requestBody"]?["content"]) {
            guard let other = now["requestBody"]?["content"]?[type] else {
                changes.append("\(name): a body of \(type) is not accepted")
                continue
            }
            compare("\(name): body", content["schema"] ?? .null, other["schema"] ?? .null, .request)
        }
    }

    private mutating func compareResponses(_ name: String, _ before: JSONValue, _ now: JSONValue) {
        for (status, response) in members(before["responses"]) where status.hasPrefix("2") {
            guard let other = now["responses"]?[status] else {
                changes.append("\(name): \(status) is gone")
                continue
            }
            for header in members(response["headers"]).map(\.0) where other["headers"]?[header] == nil {
                changes.append("\(name): \(status) without \(header)")
            }
            for (type, content) in members(response["content"]) {
                guard let otherContent = other["content"]?[type] else {
                    changes.append("\(name): \(status) is no longer \(type)")
                    continue
                }
                compare("\(name): \(status)", content["schema"] ?? .null, otherContent["schema"] ?? .null, .response)
            }
        }
    }

    // MARK: Schemas

    private mutating func compare(_ path: String, _ before: JSONValue, _ now: JSONValue, _ side: Side) {
        var (before, now) = (resolved(before, in: old), resolved(now, in: new))
        // A client that never sends null is not affected if null becomes allowed.
        if side == .request, !allowsNull(before) { now = resolved(withoutNull(now), in: new) }
        if let type = before["type"], let other = now["type"], type != other { changes.append("\(path) has another type") }
        switch side {
        case .request: compareRequests(path, before, now)
        case .response: compareResponses(path, members: before, now)
        }
        for (key, property) in members(before["properties"]) {
            guard let other = now["properties"]?[key] else {
                changes.append("\(path).\(key) is gone")
                continue
            }
            compare("\(path).\(key)", property, other, side)
        }
        if let items = before["items"], let other = now["items"] { compare("\(path)[]", items, other, side) }
        compareAlternatives(path, before["oneOf"]?.arrayValue ?? [], now["oneOf"]?.arrayValue ?? [], side)
    }

    /// Operations of a pipeline are distinguished by `op`.
    private mutating func compareAlternatives(_ path: String, _ before: [JSONValue], _ now: [JSONValue], _ side: Side) {
        for alternative in before {
            guard let key = alternative["properties"]?["op"]?["const"] else { continue }
            let name = "\(path)(\(key.stringValue ?? ""))"
            guard let other = now.first(where: { $0["properties"]?["op"]?["const"] == key }) else {
                changes.append("\(name) is gone")
                continue
            }
            compare(name, alternative, other, side)
        }
    }

    private mutating func compareRequests(_ path: String, _ before: JSONValue, _ now: JSONValue) {
        for key in strings(now["required"]).subtracting(strings(before["required"])).sorted() {
            changes.append("\(path).\(key) is required")
        }
        for value in strings(before["enum"]).subtracting(strings(now["enum"])).sorted() where now["enum"] != nil {
            changes.append("\(path) does not take \(value)")
        }
        for (keyword, isNarrower) in Self.bounds {
            guard let bound = now[keyword]?.doubleValue else { continue }
            if before[keyword]?.doubleValue.map({ isNarrower(bound, $0) }) ?? true { changes.append("\(path) has a narrower \(keyword)") }
        }
        if let value = before["default"], let other = now["default"], value != other { changes.append("\(path) has another default") }
    }

    private mutating func compareResponses(_ path: String, members before: JSONValue, _ now: JSONValue) {
        for key in strings(before["required"]).subtracting(strings(now["required"])).sorted() where now["properties"]?[key] != nil {
            changes.append("\(path).\(key) may be absent")
        }
    }

    private static let bounds: [(String, @Sendable (Double, Double) -> Bool)] = [
        ("minimum", { $0 > $1 }), ("minLength", { $0 > $1 }), ("minItems", { $0 > $1 }), ("maximum", { $0 < $1 }),
        ("maxLength", { $0 < $1 }),
        ("maxItems", { $0 < $1 }),
    ]

    // MARK: Access

    private func resolved(_ schema: JSONValue, in document: JSONValue) -> JSONValue {
        guard let name = schema["$ref"]?.stringValue?.split(separator: "/").last else { return schema }
        return document["components"]?["schemas"]?[String(name)] ?? schema
    }

    private func allowsNull(_ schema: JSONValue) -> Bool { withoutNull(schema) != schema }

    private func withoutNull(_ schema: JSONValue) -> JSONValue {
        guard var keywords = schema.objectValue else { return schema }
        if let types = keywords["type"]?.arrayValue, types.contains("null") {
            let others = types.filter { $0 != "null" }
            keywords["type"] = others.count == 1 ? others[0] : .array(others)
        } else if let choices = keywords["anyOf"]?.arrayValue, choices.count == 2, choices.contains(["type": "null"]) {
            return choices.first { $0 != ["type": "null"] } ?? schema
        }
        return .object(keywords)
    }

    private func parameters(_ operation: JSONValue) -> [String: JSONValue] {
        Dictionary((operation["parameters"]?.arrayValue ?? []).map { ($0["name"]?.stringValue ?? "", $0) }) { first, _ in first }
    }

    private func members(_ value: JSONValue?) -> [(String, JSONValue)] {
        (value?.objectValue ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func strings(_ value: JSONValue?) -> Set<String> { Set((value?.arrayValue ?? []).compactMap(\.stringValue)) }
}
