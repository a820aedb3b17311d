package import WireFormats

/// An API description in OpenAPI 3.1.
package struct OpenAPIDocument: Sendable {
    package var title: String
    package var version: String
    /// CommonMark.
    package var text: String
    /// Names and descriptions in CommonMark, in reading order.
    package var tags: [(name: String, text: String)]
    package var operations: [OperationDescription]
    /// Example bodies by operation id and status, such as `getTask 200`; `upload body` is the body of a request.
    package var examples: [String: JSONValue]

    package init(
        title: String, version: String, text: String, tags: [(name: String, text: String)], operations: [OperationDescription],
        examples: [String: JSONValue] = [:]
    ) {
        self.examples = examples
        self.title = title
        self.version = version
        self.text = text
        self.tags = tags
        self.operations = operations
    }

    /// - Parameter reader: contains components that no type describes.
    /// - Throws: `SchemaError`, or `DocumentError` if two operations share an id, or a method and path.
    package func json(_ reader: SchemaReader = SchemaReader()) throws -> JSONValue {
        var ids: Set<String> = []
        var shared: [String: JSONValue] = [:]
        var paths: [String: [String: JSONValue]] = [:]
        for operation in operations {
            guard ids.insert(operation.id).inserted else { throw DocumentError.idTaken(operation.id) }
            guard paths[operation.path]?[operation.method] == nil else {
                throw DocumentError.operationTaken("\(operation.method) \(operation.path)")
            }
            paths[operation.path, default: [:]][operation.method] = try json(operation, reader, &shared)
        }
        if let key = unusedExample { throw DocumentError.noSuchBody(key) }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": .string(title), "version": .string(version), "description": .string(text),
                "license": ["name": "MIT", "identifier": "MIT"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(tags.map { ["name": .string($0.name), "description": .string($0.text)] }),
            "paths": .object(paths.mapValues(JSONValue.object)),
            "components": [
                "schemas": .object(reader.components.mapValues(\.json)),
                "responses": .object(shared),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token of `POST /login`."]
                ],
            ],
        ]
    }

    private func json(
        _ operation: OperationDescription, _ reader: SchemaReader, _ shared: inout [String: JSONValue]
    ) throws -> JSONValue {
        var responses: [String: JSONValue] = [:]
        for response in operation.responses {
            let response = response.showing(examples["\(operation.id) \(response.status)"])
            responses[String(response.status)] = try json(response, reader, &shared)
        }
        var json: JSONValue = [
            "operationId": .string(operation.id), "tags": [.string(operation.tag)], "summary": .string(operation.summary),
            "responses": .object(responses),
            "security": operation.scope == nil ? [] : [["bearer": []]],
        ]
        if !operation.details.isEmpty { json["description"] = .string(operation.details) }
        if !operation.parameters.isEmpty { json["parameters"] = .array(operation.parameters.map(\.json)) }
        if let body = operation.body { json["requestBody"] = try body.showing(examples["\(operation.id) body"]).json(reader) }
        if let scope = operation.scope, !scope.isEmpty { json["x-required-scope"] = .string(scope) }
        return json
    }
}

extension OpenAPIDocument {
    /// The key of an example for which no operation has a JSON body.
    private var unusedExample: String? {
        let bodies = operations.flatMap { operation in
            operation.responses.filter(\.hasJSON).map { "\(operation.id) \($0.status)" }
                + (operation.body == nil ? [] : ["\(operation.id) body"])
        }
        return examples.keys.sorted().first { !bodies.contains($0) }
    }

    private func json(
        _ response: ResponseDescription, _ reader: SchemaReader, _ shared: inout [String: JSONValue]
    ) throws -> JSONValue {
        let json = try response.json(reader)
        guard let name = response.component else { return json }
        if let other = shared.updateValue(json, forKey: name), other != json { throw DocumentError.responseTaken(name) }
        return ["$ref": .string("#/components/responses/\(name)")]
    }
}

/// A defect of the code because of which no document can be created.
package enum DocumentError: Error, Equatable {
    case idTaken(String)
    case operationTaken(String)
    /// An example for a body that is not described.
    case noSuchBody(String)
    /// Two different responses share a name.
    case responseTaken(String)
}
