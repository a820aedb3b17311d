import WireFormats

/// Derives JSON Schemas from `Decodable` types: it decodes each type from a decoder that notes which keys and types are asked for.
package final class SchemaReader {
    /// The components that have been met, by name.
    package private(set) var components: [String: JSONSchema] = [:]

    /// Whether what is read now is sent by clients: a member that may be absent may then be null as well, which decodes the same. Answers
    /// have no null where a member may be absent.
    private var isOfRequest = false

    package init() {}

    /// Has `body` read the schemas of a request.
    func ofRequest<Value>(_ body: () throws -> Value) rethrows -> Value {
        let before = isOfRequest
        isOfRequest = true
        defer { isOfRequest = before }
        return try body()
    }

    /// Adds a component that no type describes.
    ///
    /// - Throws: `SchemaError.nameTaken` if there is a different one of the name.
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

    /// The schema of a type, and a value of it, which the decoding goes on with.
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
        let decoder = SchemaDecoder(reader: self)
        let value = try Value(from: decoder)
        let schema = try annotated(try decoder.schema(of: type), type)
        return (isOfRequest ? schema.withNullForAbsent : schema, value)
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

    /// - Throws: `SchemaError.noSuchField` if an annotation is about a key that the type does not have.
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
    /// An object of which each member that may be absent may be null as well.
    fileprivate var withNullForAbsent: JSONSchema {
        guard let properties = keywords["properties"]?.objectValue else { return self }
        let required = Set((keywords["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        let members = properties.map { key, value in
            (key, required.contains(key) ? value : value.objectValue.map { JSONSchema($0).orNull.json } ?? value)
        }
        return with("properties", .object(Dictionary(uniqueKeysWithValues: members)))
    }
}

/// Why a schema cannot be derived: a defect of the code.
package enum SchemaError: Error, Equatable {
    /// Two different schemas of one name.
    case nameTaken(String)
    /// An annotation of a key that is not there.
    case noSuchField(String)
    /// A type that decodes itself in a way that leaves no trace.
    case unsupported(String)
}

/// Arrays, dictionaries and optionals: their elements are asked of the reader, not of an empty container.
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
