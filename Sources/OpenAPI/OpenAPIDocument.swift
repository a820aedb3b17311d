package import WireFormats

/// The description of an API by OpenAPI 3.1.
package struct OpenAPIDocument: Sendable {
    package var title: String
    package var version: String
    /// CommonMark.
    package var text: String
    /// Names and CommonMark, in the order in which readers meet them.
    package var tags: [(name: String, text: String)]
    package var operations: [OperationDescription]
    /// Bodies by the id of their operation and the status, as `getTask 200`; `upload body` is that of a request.
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

    /// - Parameter reader: has the components that no type describes.
    /// - Throws: `SchemaError`, or `DocumentError` if two operations have an id, or a method and path, in common.
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
    /// An example of a body that no operation has in JSON.
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

/// Why a document cannot be made: a defect of the code.
package enum DocumentError: Error, Equatable {
    case idTaken(String)
    case operationTaken(String)
    /// An example of a body that is not described.
    case noSuchBody(String)
    /// Two different responses of one name.
    case responseTaken(String)
}
