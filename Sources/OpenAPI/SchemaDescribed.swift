package import WireFormats

/// A type that decodes from a single JSON value and describes its own schema.
package protocol SchemaDescribed: Decodable {
    static var schema: JSONSchema { get }
    /// A valid value, used as an example and as the value of the type while schemas of containing types are read.
    static var sample: Self { get }
}

/// A type whose schema is a named component of the document. Other schemas are inlined.
package protocol SchemaNamed: Decodable {
    static var schemaName: String { get }
}

/// A body that another service sends. That service may run a later version, which may have added members, so unknown ones are ignored, in
/// the complete body. Those of any other request are refused.
package protocol SchemaOpen: Decodable {}

/// A type that describes its fields beyond their types.
package protocol SchemaAnnotated: Decodable {
    /// By JSON key.
    static var annotations: [String: SchemaAnnotation] { get }
}

/// The description of one field.
package struct SchemaAnnotation: Sendable {
    /// Keywords in addition to those derived from the type, which they override.
    let keywords: [String: JSONValue]

    /// - Parameters:
    ///   - text: the meaning of the field, with its unit.
    ///   - keywords: for example `["minimum": 0]`.
    package init(_ text: String, _ keywords: [String: JSONValue] = [:]) {
        self.keywords = keywords.merging(["description": .string(text)]) { own, _ in own }
    }

    /// A field with the keywords of `schema`, regardless of its type.
    package init(_ text: String, schema: JSONSchema) { self.init(text, schema.keywords) }

    func annotate(_ schema: JSONSchema) -> JSONSchema {
        keywords.sorted { $0.key < $1.key }.reduce(schema) { $0.with($1.key, $1.value) }
    }
}

extension SchemaAnnotation: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self.init(text) }
}
