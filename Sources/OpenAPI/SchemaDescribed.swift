package import WireFormats

/// A type whose JSON is a single value that its `Decodable` conformance alone does not describe.
package protocol SchemaDescribed: Decodable {
    static var schema: JSONSchema { get }
    /// A valid value: an example for readers, and what the type's owner gets while its schema is being read.
    static var sample: Self { get }
}

/// A type whose schema is a component of the document with a name of its own; others are stated where they are used.
package protocol SchemaNamed: Decodable {
    static var schemaName: String { get }
}

/// A type that says more about its fields than their types do.
package protocol SchemaAnnotated: Decodable {
    /// By key in the JSON.
    static var annotations: [String: SchemaAnnotation] { get }
}

/// What is said about one field.
package struct SchemaAnnotation: Sendable {
    /// Further keywords, which replace those that follow from the type.
    let keywords: [String: JSONValue]

    /// - Parameters:
    ///   - text: what the field means, with its unit.
    ///   - keywords: as `["minimum": 0]`.
    package init(_ text: String, _ keywords: [String: JSONValue] = [:]) {
        self.keywords = keywords.merging(["description": .string(text)]) { own, _ in own }
    }

    /// A field whose keywords are those of `schema`, whatever its type is.
    package init(_ text: String, schema: JSONSchema) { self.init(text, schema.keywords) }

    func annotate(_ schema: JSONSchema) -> JSONSchema {
        keywords.sorted { $0.key < $1.key }.reduce(schema) { $0.with($1.key, $1.value) }
    }
}

extension SchemaAnnotation: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self.init(text) }
}
