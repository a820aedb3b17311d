import OpenAPI
import Testing
import WireFormats

@Suite struct OpenAPIDocumentTests {
    private struct Thing: Codable, SchemaNamed {
        static let schemaName = "Thing"
        let size: Int
    }

    private func document(_ operations: [OperationDescription]) -> OpenAPIDocument {
        OpenAPIDocument(title: "Things", version: "1.0.0", text: "", tags: [("things", "All of them.")], operations: operations)
    }

    private let read = OperationDescription(
        method: "get", path: "/things/{id}", id: "getThing", tag: "things", summary: "Read a thing",
        parameters: [ParameterDescription("id", in: .path, .string(), "Its id.")],
        responses: [
            ResponseDescription(
                200, "The thing.", [.json(Thing.self, example: ["size": 3])], headers: [.init("etag", .string(), "Its version.")])
        ],
        scope: "things:read")

    @Test func describesAnOperation() throws {
        let json = try document([read]).json()
        let expected: JSONValue = [
            "operationId": "getThing", "tags": ["things"], "summary": "Read a thing", "security": [["bearer": []]],
            "x-required-scope": "things:read",
            "parameters": [["name": "id", "in": "path", "required": true, "schema": ["type": "string"], "description": "Its id."]],
            "responses": [
                "200": [
                    "description": "The thing.",
                    "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Thing"], "example": ["size": 3]]],
                    "headers": ["etag": ["schema": ["type": "string"], "description": "Its version.", "required": true]],
                ]
            ],
        ]
        #expect(json["paths"]?["/things/{id}"]?["get"] == expected)
        #expect(json["components"]?["schemas"]?["Thing"]?["properties"] == ["size": ["type": "integer"]])
    }

    private enum Color: String, CaseIterable, Codable { case red, blue }

    private struct Wish: Codable, SchemaNamed, SchemaAnnotated {
        static let schemaName = "Wish"
        static let annotations: [String: SchemaAnnotation] = ["note": .init("For people.", ["maxLength": 9]), "color": "Of all."]
        let size: Int
        let note: String?
        let color: Color?
        let parts: [Part]?

        struct Part: Codable { let size: Int? }
    }

    /// Null decodes as an absent member does, and no response has it instead of one.
    @Test func optionalRequestFieldsMayBeNull() throws {
        var write = read
        write.body = BodyDescription([.json(Wish.self)], "The wish.")
        let properties = try document([write]).json()["components"]?["schemas"]?["Wish"]?["properties"]
        #expect(
            properties == [
                "size": ["type": "integer"], "note": ["type": ["string", "null"], "maxLength": 9, "description": "For people."],
                "color": ["anyOf": [["type": "string", "enum": ["red", "blue"]], ["type": "null"]], "description": "Of all."],
                "parts": [
                    "type": ["array", "null"],
                    "items": [
                        "type": "object", "properties": ["size": ["type": ["integer", "null"]]], "additionalProperties": false,
                    ],
                ],
            ])
        var told = read
        told.responses = [.init(200, "The wish.", [.json(Wish.self)])]
        #expect(
            try document([told]).json()["components"]?["schemas"]?["Wish"]?["properties"]?["note"] == [
                "type": "string", "maxLength": 9, "description": "For people.",
            ])
    }

    @Test func namedResponseIsDescribedOnce() throws {
        var first = read
        first.responses = [ResponseDescription(404, "Not there.", component: "NotFound")]
        var second = first
        second.path = "/others/{id}"
        second.id = "getOther"
        let json = try document([first, second]).json()
        for path in ["/things/{id}", "/others/{id}"] {
            #expect(json["paths"]?[path]?["get"]?["responses"] == ["404": ["$ref": "#/components/responses/NotFound"]])
        }
        #expect(json["components"]?["responses"] == ["NotFound": ["description": "Not there."]])
        second.responses[0].text = "Somewhere else."
        #expect(throws: DocumentError.responseTaken("NotFound")) { try document([first, second]).json() }
    }

    @Test func idsAndRoutesAreUnique() {
        var other = read
        other.id = "getOther"
        #expect(throws: DocumentError.operationTaken("get /things/{id}")) { try document([read, other]).json() }
        other = read
        other.path = "/others/{id}"
        #expect(throws: DocumentError.idTaken("getThing")) { try document([read, other]).json() }
    }
}
