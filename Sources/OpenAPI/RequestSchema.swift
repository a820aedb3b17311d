package import WireFormats

/// The schema of the JSON bodies that decode as a type. It finds members that the type does not have, because decoding would ignore them,
/// and with them a wish that the sender has mistyped; and it tells what decoding does not: which values a field takes, and which number
/// does not fit.
package struct RequestSchema: Sendable {
    private let schema: JSONValue
    private let components: [String: JSONSchema]

    /// - Throws: as `SchemaReader.schema(of:)`.
    package init(of type: any Decodable.Type) throws {
        let reader = SchemaReader()
        schema = try reader.ofRequest { try reader.schema(of: type).json }
        components = reader.components
    }

    /// The path of the first member, in the order of the names, that the schema does not allow. Members of values that do not fit the
    /// schema otherwise are not searched: decoding refuses them, or the type has a check of its own.
    package func unknownMember(of value: JSONValue) -> String? { unknownMember(of: value, at: "", schema) }

    private func unknownMember(of value: JSONValue, at path: String, _ schema: JSONValue) -> String? {
        let schema = resolved(schema)
        switch value {
        case .object(let members): return unknownMember(of: members, at: path, schema)
        case .array(let elements):
            guard let element = schema["items"] else { return nil }
            return elements.enumerated().lazy.compactMap { unknownMember(of: $1, at: "\(path)[\($0)]", element) }.first
        default: return nil
        }
    }

    private func unknownMember(of members: [String: JSONValue], at path: String, _ schema: JSONValue) -> String? {
        let properties = schema["properties"]?.objectValue ?? [:]
        let others = schema["additionalProperties"]
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            let memberPath = path.isEmpty ? name : "\(path).\(name)"
            let member = properties[name] ?? others
            if member == false { return memberPath }
            if let member, let unknown = unknownMember(of: value, at: memberPath, member) { return unknown }
        }
        return nil
    }

    /// The values that the field at a path takes, if it takes only certain texts.
    package func choices(at path: [any CodingKey]) -> [String]? {
        var field = resolved(schema)
        for key in path {
            let member = key.intValue == nil ? field["properties"]?[key.stringValue] ?? field["additionalProperties"] : field["items"]
            guard let member else { return nil }
            field = resolved(member)
        }
        return field["enum"]?.arrayValue?.compactMap(\.stringValue)
    }

    /// The path of the first number, in the order of the names, that is not a whole number of 64 bits where the schema requires one.
    package func unfitNumber(in value: JSONValue) -> (path: String, number: Double)? { unfitNumber(in: value, at: "", schema) }

    private func unfitNumber(in value: JSONValue, at path: String, _ schema: JSONValue) -> (path: String, number: Double)? {
        let schema = resolved(schema)
        switch value {
        case .number(let number):
            let types = schema["type"]?.arrayValue ?? [schema["type"] ?? .null]
            return types.contains("integer") && value.intValue == nil ? (path, number) : nil
        case .array(let elements):
            guard let element = schema["items"] else { return nil }
            return elements.enumerated().lazy.compactMap { unfitNumber(in: $1, at: "\(path)[\($0)]", element) }.first
        case .object(let members):
            return members.sorted { $0.key < $1.key }.lazy.compactMap { name, value -> (path: String, number: Double)? in
                guard let member = schema["properties"]?[name] ?? schema["additionalProperties"] else { return nil }
                return unfitNumber(in: value, at: path.isEmpty ? name : "\(path).\(name)", member)
            }.first
        default: return nil
        }
    }

    /// The schema to which a reference leads, or the one of a value that may also be null.
    private func resolved(_ schema: JSONValue) -> JSONValue {
        if let name = schema["$ref"]?.stringValue?.split(separator: "/").last, let component = components[String(name)] {
            return resolved(component.json)
        }
        let alternatives = schema["anyOf"]?.arrayValue?.filter { $0 != ["type": "null"] } ?? []
        guard alternatives.count == 1, let only = alternatives.first else { return schema }
        return resolved(only)
    }
}
