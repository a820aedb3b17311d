package import WireFormats

/// An operation of an API: a method on a path, with descriptions and schemas.
package struct OperationDescription: Sendable {
    /// In lowercase: `get`.
    package var method: String
    /// With parameters in braces: `/api/tasks/{id}`.
    package var path: String
    /// Unique within the document; generated clients name their functions after it.
    package var id: String
    package var tag: String
    /// One line.
    package var summary: String
    /// CommonMark.
    package var details: String
    package var parameters: [ParameterDescription]
    package var body: BodyDescription?
    package var responses: [ResponseDescription]
    /// The scope that the token must have: nil if no token is needed, empty if any token is accepted.
    package var scope: String?

    package init(
        method: String, path: String, id: String, tag: String, summary: String, details: String = "",
        parameters: [ParameterDescription] = [], body: BodyDescription? = nil, responses: [ResponseDescription], scope: String? = nil
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.tag = tag
        self.summary = summary
        self.details = details
        self.parameters = parameters
        self.body = body
        self.responses = responses
        self.scope = scope
    }
}

/// A path, query or header parameter.
package struct ParameterDescription: Sendable {
    package enum Location: String, Sendable { case path, query, header }

    package var name: String
    package var location: Location
    package var isRequired: Bool
    package var schema: JSONSchema
    package var text: String

    package init(_ name: String, in location: Location, isRequired: Bool = false, _ schema: JSONSchema, _ text: String) {
        self.name = name
        self.location = location
        self.isRequired = isRequired || location == .path
        self.schema = schema
        self.text = text
    }

    var json: JSONValue {
        var json: JSONValue = [
            "name": .string(name), "in": .string(location.rawValue), "schema": schema.json, "description": .string(text),
        ]
        if isRequired { json["required"] = true }
        return json
    }
}

/// Content of one media type.
package struct ContentDescription: Sendable {
    package enum Shape: Sendable {
        case type(any (Decodable & Sendable).Type)
        case schema(JSONSchema)
    }

    package var mediaType: String
    package var shape: Shape
    package var example: JSONValue?
    /// Media types of the parts of a form, by name.
    package var partTypes: [String: String] = [:]

    package init(_ mediaType: String, _ shape: Shape, example: JSONValue? = nil, partTypes: [String: String] = [:]) {
        self.mediaType = mediaType
        self.shape = shape
        self.example = example
        self.partTypes = partTypes
    }

    package static func json(_ type: any (Decodable & Sendable).Type, example: JSONValue? = nil) -> Self {
        Self("application/json", .type(type), example: example)
    }

    /// Uninterpreted bytes.
    package static func bytes(_ mediaType: String) -> Self { Self(mediaType, .schema(.bytes)) }

    func json(_ reader: SchemaReader) throws -> JSONValue {
        let schema: JSONSchema =
            switch shape {
            case .type(let type): try reader.schema(of: type)
            case .schema(let schema): schema
            }
        var json: JSONValue = ["schema": schema.json]
        json["example"] = example
        if !partTypes.isEmpty { json["encoding"] = .object(partTypes.mapValues { ["contentType": .string($0)] }) }
        return json
    }
}

extension [ContentDescription] {
    fileprivate func showing(_ example: JSONValue?) -> Self {
        map { content in
            var content = content
            if content.mediaType.hasSuffix("json") { content.example = example ?? content.example }
            return content
        }
    }
}

extension BodyDescription {
    func showing(_ example: JSONValue?) -> Self { BodyDescription(contents.showing(example), text) }
}

extension ResponseDescription {
    var hasJSON: Bool { contents.contains { $0.mediaType.hasSuffix("json") } }

    /// The response with an example, in which case it is no longer a component.
    func showing(_ example: JSONValue?) -> Self {
        guard let example else { return self }
        return ResponseDescription(status, text, contents.showing(example), headers: headers)
    }
}

/// The body of a request, in one of several media types.
package struct BodyDescription: Sendable {
    package var contents: [ContentDescription]
    package var text: String

    package init(_ contents: [ContentDescription], _ text: String) {
        self.contents = contents
        self.text = text
    }

    func json(_ reader: SchemaReader) throws -> JSONValue {
        ["required": true, "description": .string(text), "content": try reader.ofRequest { try contents.json(reader) }]
    }
}

extension [ContentDescription] {
    fileprivate func json(_ reader: SchemaReader) throws -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: try map { ($0.mediaType, try $0.json(reader)) }))
    }
}

/// A response of one status.
package struct ResponseDescription: Sendable {
    package var status: Int
    package var text: String
    package var contents: [ContentDescription]
    package var headers: [HeaderDescription]
    /// If set, the response becomes a component of this name. All responses of a name must be equal.
    package var component: String?

    package init(
        _ status: Int, _ text: String, _ contents: [ContentDescription] = [], headers: [HeaderDescription] = [], component: String? = nil
    ) {
        self.status = status
        self.text = text
        self.contents = contents
        self.headers = headers
        self.component = component
    }

    func json(_ reader: SchemaReader) throws -> JSONValue {
        var json: JSONValue = ["description": .string(text)]
        if !contents.isEmpty { json["content"] = try contents.json(reader) }
        if !headers.isEmpty { json["headers"] = .object(Dictionary(headers.map { ($0.name, $0.json) }) { first, _ in first }) }
        return json
    }
}

/// A header field of a response.
package struct HeaderDescription: Sendable {
    package var name: String
    package var schema: JSONSchema
    package var text: String
    /// Whether every response of the status has it.
    package var isRequired: Bool

    package init(_ name: String, _ schema: JSONSchema, _ text: String, isRequired: Bool = true) {
        self.name = name
        self.schema = schema
        self.text = text
        self.isRequired = isRequired
    }

    var json: JSONValue { ["schema": schema.json, "description": .string(text), "required": .bool(isRequired)] }
}
