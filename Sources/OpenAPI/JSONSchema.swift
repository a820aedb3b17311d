package import WireFormats

/// A JSON Schema in the dialect of OpenAPI 3.1 (draft 2020-12).
package struct JSONSchema: Sendable, Hashable {
    /// The keywords.
    package private(set) var keywords: [String: JSONValue]

    package init(_ keywords: [String: JSONValue] = [:]) { self.keywords = keywords }

    package var json: JSONValue { .object(keywords) }

    /// A copy of the schema with a keyword added or replaced.
    package func with(_ keyword: String, _ value: JSONValue?) -> JSONSchema {
        guard let value else { return self }
        // Draft 2020-12 allows keywords next to a reference.
        var schema = self
        schema.keywords[keyword] = value
        return schema
    }

    package func described(_ text: String) -> JSONSchema { with("description", .string(text)) }

    /// The same schema, but null is also valid.
    package var orNull: JSONSchema {
        if allowsNull { return self }
        guard case .string(let type)? = keywords["type"], keywords["enum"] == nil else {
            // Annotations of the field stay outside of the alternatives.
            var value = self
            let description = value.keywords.removeValue(forKey: "description")
            return JSONSchema(["anyOf": [value.json, ["type": "null"]]]).with("description", description)
        }
        return with("type", [.string(type), "null"])
    }
}

extension JSONSchema {
    /// Whether null is valid, either by type or because the schema has no constraints.
    private var allowsNull: Bool {
        if let types = keywords["type"]?.arrayValue { return types.contains("null") }
        return Set(keywords.keys).isSubset(of: ["description"])
            || keywords["anyOf"]?.arrayValue?.contains(["type": "null"]) == true
    }

    /// Any JSON value.
    package static let any = JSONSchema()
    package static let boolean = JSONSchema(["type": "boolean"])
    /// Bytes outside JSON: a body, or a part of a form. In OpenAPI 3.1 the format has no meaning, but with it, tools offer a
    /// file picker, and generators write a client that compiles.
    package static let bytes = string(format: "binary")

    /// - Parameters:
    ///   - format: for example `date-time`, `uri` or `binary`.
    ///   - pattern: an ECMA-262 regular expression for the whole string.
    package static func string(format: String? = nil, length: ClosedRange<Int>? = nil, pattern: String? = nil) -> JSONSchema {
        JSONSchema(["type": "string"])
            .with("format", format.map(JSONValue.string)).with("pattern", pattern.map(JSONValue.string))
            .with("minLength", (length?.lowerBound).map(JSONValue.integer)).with("maxLength", (length?.upperBound).map(JSONValue.integer))
    }

    package static func integer(_ range: ClosedRange<Int>? = nil) -> JSONSchema {
        JSONSchema(["type": "integer"])
            .with("minimum", (range?.lowerBound).map(JSONValue.integer)).with("maximum", (range?.upperBound).map(JSONValue.integer))
    }

    package static func integer(atLeast minimum: Int) -> JSONSchema { JSONSchema(["type": "integer", "minimum": .integer(minimum)]) }

    package static func number(atLeast minimum: Double? = nil, atMost maximum: Double? = nil) -> JSONSchema {
        JSONSchema(["type": "number"]).with("minimum", minimum.map(JSONValue.number)).with("maximum", maximum.map(JSONValue.number))
    }

    package static func choice(_ values: [String]) -> JSONSchema {
        JSONSchema(["type": "string", "enum": .array(values.map(JSONValue.string))])
    }

    package static func constant(_ value: JSONValue) -> JSONSchema { JSONSchema(["const": value]) }

    package static func array(of element: JSONSchema, count: ClosedRange<Int>? = nil) -> JSONSchema {
        JSONSchema(["type": "array", "items": element.json])
            .with("minItems", (count?.lowerBound).map(JSONValue.integer)).with("maxItems", (count?.upperBound).map(JSONValue.integer))
    }

    /// An object with any keys.
    package static func map(of value: JSONSchema) -> JSONSchema {
        JSONSchema(["type": "object", "additionalProperties": value.json])
    }

    /// - Parameter isClosed: whether other members are invalid.
    package static func object(_ properties: [String: JSONSchema], required: [String] = [], isClosed: Bool = false) -> JSONSchema {
        JSONSchema(["type": "object", "properties": .object(properties.mapValues(\.json))])
            .with("required", required.isEmpty ? nil : .array(required.sorted().map(JSONValue.string)))
            .with("additionalProperties", isClosed ? false : nil)
    }

    package static func one(of schemas: [JSONSchema]) -> JSONSchema { JSONSchema(["oneOf": .array(schemas.map(\.json))]) }

    package static func all(of schemas: [JSONSchema]) -> JSONSchema { JSONSchema(["allOf": .array(schemas.map(\.json))]) }

    /// A reference to a schema in the components of the document.
    package static func component(_ name: String) -> JSONSchema { JSONSchema(["$ref": .string("#/components/schemas/\(name)")]) }
}
