import WireFormats

/// Derives JSON Schemas from `Decodable` types: it decodes each type with a decoder that records the requested keys and types.
package final class SchemaReader {
    /// The components found so far, by name.
    package private(set) var components: [String: JSONSchema] = [:]

    /// Whether the schemas describe requests. In requests, an optional member may also be null, which decodes the same way, and other
    /// members are refused. Responses omit optional members instead, and may have more members in a later version.
    private var isOfRequest = false
    /// Whether the type that is being read is part of a `SchemaOpen`.
    private var isOpen = false

    package init() {}

    /// Reads the schemas in `body` as those of a request.
    func ofRequest<Value>(_ body: () throws -> Value) rethrows -> Value {
        let before = isOfRequest
        isOfRequest = true
        defer { isOfRequest = before }
        return try body()
    }

    /// Adds a component that no type describes.
    ///
    /// - Throws: `SchemaError.nameTaken` if a different one has this name.
    package func add(_ name: String, _ schema: JSONSchema) throws {
        if let other = components.updateValue(schema, forKey: name), other != schema { throw SchemaError.nameTaken(name) }
    }

    /// The schema of `type`, as a reference if the type is named.
    ///
    /// - Throws: `SchemaError`, or what the type's `init(from:)` throws.
    package func schema(of type: any Decodable.Type) throws -> JSONSchema { try read(type).schema }

    /// Opens the existential.
    private func read(_ type: any Decodable.Type) throws -> (schema: JSONSchema, value: any Decodable) {
        func opened<Value: Decodable>(_ type: Value.Type) throws -> (schema: JSONSchema, value: any Decodable) { try value(of: type) }
        return try opened(type)
    }

    /// The schema of a type, and a sample value with which decoding can continue.
    func value<Value: Decodable>(of type: Value.Type) throws -> (schema: JSONSchema, value: Value) {
        let (schema, value) = try ownSchema(of: type)
        guard let named = type as? any SchemaNamed.Type else { return (schema, value) }
        try add(named.schemaName, schema)
        return (.component(named.schemaName), value)
    }

    private func ownSchema<Value: Decodable>(of type: Value.Type) throws -> (schema: JSONSchema, value: Value) {
        if let known = try simpleValue(of: type) {
            guard let value = known.value as? Value else { throw SchemaError.unsupported("\(type)") }
            return (known.schema, value)
        }
        let wasOpen = isOpen
        if type is any SchemaOpen.Type { isOpen = true }
        defer { isOpen = wasOpen }
        let decoder = SchemaDecoder(reader: self)
        let value = try Value(from: decoder)
        let schema = try annotated(try decoder.schema(of: type), type)
        guard isOfRequest else { return (schema, value) }
        return (isOpen ? schema.withNullForAbsent : schema.withNullForAbsent.closed, value)
    }

    private func simpleValue(of type: any Decodable.Type) throws -> (schema: JSONSchema, value: Any)? {
        switch type {
        case let type as any SchemaDescribed.Type: describedValue(of: type)
        case is String.Type: (.string(), "")
        case is Bool.Type: (.boolean, false)
        case let type as any (FixedWidthInteger & Decodable).Type: (.integer(), zero(of: type))
        case is Double.Type: (.number(), 0.0)
        case is JSONValue.Type: (.any, JSONValue.null)
        case let type as any SchemaContainer.Type: try type.containerValue(self)
        case let type as any (CaseIterable & RawRepresentable).Type: choiceValue(of: type)
        default: nil
        }
    }

    private func describedValue<Value: SchemaDescribed>(of type: Value.Type) -> (schema: JSONSchema, value: Any) {
        (type.schema, type.sample)
    }

    private func zero<Value: FixedWidthInteger>(of type: Value.Type) -> Any { Value.zero }

    private func choiceValue<Value: CaseIterable & RawRepresentable>(of type: Value.Type) -> (schema: JSONSchema, value: Any)? {
        let names = Value.allCases.compactMap { $0.rawValue as? String }
        guard let first = Value.allCases.first, names.count == Value.allCases.count else { return nil }
        return (.choice(names), first)
    }

    /// - Throws: `SchemaError.noSuchField` if the type does not have the key of an annotation.
    private func annotated(_ schema: JSONSchema, _ type: any Decodable.Type) throws -> JSONSchema {
        guard let type = type as? any SchemaAnnotated.Type, var properties = schema.keywords["properties"]?.objectValue else {
            return schema
        }
        for (key, annotation) in type.annotations {
            guard let property = properties[key]?.objectValue else { throw SchemaError.noSuchField("\(type).\(key)") }
            properties[key] = annotation.annotate(JSONSchema(property)).json
        }
        return schema.with("properties", .object(properties))
    }
}

extension JSONSchema {
    /// The schema of an object whose optional members may also be null.
    fileprivate var withNullForAbsent: JSONSchema {
        guard let properties = keywords["properties"]?.objectValue else { return self }
        let required = Set((keywords["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        let members = properties.map { key, value in
            (key, required.contains(key) ? value : value.objectValue.map { JSONSchema($0).orNull.json } ?? value)
        }
        return with("properties", .object(Dictionary(uniqueKeysWithValues: members)))
    }

    /// The schema of an object for which other members are invalid.
    fileprivate var closed: JSONSchema {
        keywords["properties"] == nil || keywords["additionalProperties"] != nil ? self : with("additionalProperties", false)
    }
}

/// A defect of the code because of which a schema cannot be derived.
package enum SchemaError: Error, Equatable {
    /// Two different schemas share a name.
    case nameTaken(String)
    /// An annotation for a key that does not exist.
    case noSuchField(String)
    /// A type that decodes without requesting anything recognisable.
    case unsupported(String)
}

/// Arrays, dictionaries and optionals. Their element schemas come from the reader, because an empty container reveals none.
private protocol SchemaContainer {
    static func containerValue(_ reader: SchemaReader) throws -> (schema: JSONSchema, value: Any)
}

extension Array: SchemaContainer where Element: Decodable {
    fileprivate static func containerValue(_ reader: SchemaReader) throws -> (schema: JSONSchema, value: Any) {
        let element = try reader.value(of: Element.self)
        return (.array(of: element.schema), [element.value])
    }
}

extension Dictionary: SchemaContainer where Key == String, Value: Decodable {
    fileprivate static func containerValue(_ reader: SchemaReader) throws -> (schema: JSONSchema, value: Any) {
        (.map(of: try reader.value(of: Value.self).schema), [:] as Self)
    }
}

extension Optional: SchemaContainer where Wrapped: Decodable {
    fileprivate static func containerValue(_ reader: SchemaReader) throws -> (schema: JSONSchema, value: Any) {
        let wrapped = try reader.value(of: Wrapped.self)
        return (wrapped.schema.orNull, Self.some(wrapped.value) as Any)
    }
}
