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

    package init(title: String, version: String, text: String, tags: [(name: String, text: String)], operations: [OperationDescription]) {
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
            responses[String(response.status)] = try json(response, reader, &shared)
        }
        var json: JSONValue = [
            "operationId": .string(operation.id), "tags": [.string(operation.tag)], "summary": .string(operation.summary),
            "responses": .object(responses),
            "security": operation.scope == nil ? [] : [["bearer": []]],
        ]
        if !operation.details.isEmpty { json["description"] = .string(operation.details) }
        if !operation.parameters.isEmpty { json["parameters"] = .array(operation.parameters.map(\.json)) }
        if let body = operation.body { json["requestBody"] = try body.json(reader) }
        if let scope = operation.scope, !scope.isEmpty { json["x-required-scope"] = .string(scope) }
        if operation.isDeprecated { json["deprecated"] = true }
        return json
    }
}

extension OpenAPIDocument {
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
    /// Two different responses of one name.
    case responseTaken(String)
}
