import OpenAPI
import Testing
import WireFormats

@Suite struct SchemaReaderTests {
    private enum Color: String, CaseIterable, Codable { case red, blue }

    private struct Identifier: SchemaDescribed {
        static let schema = JSONSchema.string(pattern: "^[a-z]+$")
        static let sample = Identifier()

        init() {}
        init(from decoder: any Decoder) throws { throw SchemaError.unsupported("never called for a sample") }
    }

    private struct Point: Codable, SchemaNamed {
        static let schemaName = "Point"
        let x: Double
        let y: Double?
    }

    private struct Everything: Decodable, SchemaAnnotated {
        let text: String
        let flag: Bool?
        let count: Int
        let color: Color
        let id: Identifier
        let points: [Point]
        let byName: [String: Int]
        let anything: JSONValue

        enum CodingKeys: String, CodingKey {
            case text, flag, count, color, id, points, anything
            case byName = "by_name"
        }

        static let annotations: [String: SchemaAnnotation] = [
            "count": .init("How many.", ["minimum": 0]), "text": "A text.",
        ]
    }

    @Test func readsKeysTypesAndAnnotations() throws {
        let reader = SchemaReader()
        let expected: JSONValue = [
            "type": "object", "required": ["anything", "by_name", "color", "count", "id", "points", "text"],
            "properties": [
                "text": ["type": "string", "description": "A text."], "flag": ["type": "boolean"],
                "count": ["type": "integer", "minimum": 0, "description": "How many."],
                "color": ["type": "string", "enum": ["red", "blue"]], "id": ["type": "string", "pattern": "^[a-z]+$"],
                "points": ["type": "array", "items": ["$ref": "#/components/schemas/Point"]],
                "by_name": ["type": "object", "additionalProperties": ["type": "integer"]], "anything": [:],
            ],
        ]
        #expect(try reader.schema(of: Everything.self).json == expected)
        #expect(
            reader.components["Point"]?.json == [
                "type": "object", "required": ["x"], "properties": ["x": ["type": "number"], "y": ["type": "number"]],
            ])
    }

    private struct OtherPoint: Decodable, SchemaNamed {
        static let schemaName = "Point"
        let z: Int
    }

    @Test func nameOfTwoSchemasIsRefused() throws {
        let reader = SchemaReader()
        _ = try reader.schema(of: Point.self)
        _ = try reader.schema(of: Point.self)
        #expect(throws: SchemaError.nameTaken("Point")) { try reader.schema(of: OtherPoint.self) }
    }

    private struct Misannotated: Decodable, SchemaAnnotated {
        let size: Int
        static let annotations: [String: SchemaAnnotation] = ["sise": "A typing error."]
    }

    @Test func annotationOfAnUnknownFieldIsRefused() {
        #expect(throws: SchemaError.noSuchField("Misannotated.sise")) { try SchemaReader().schema(of: Misannotated.self) }
    }

    private struct Pair: Decodable {
        init(from decoder: any Decoder) throws {
            var elements = try decoder.unkeyedContainer()
            _ = try elements.decode(Int.self)
        }
    }

    @Test func unsupportedTypeIsRefused() {
        #expect(throws: SchemaError.self) { try SchemaReader().schema(of: Pair.self) }
    }

    @Test func orNullAllowsNull() {
        #expect(JSONSchema.string().orNull.json == ["type": ["string", "null"]])
        #expect(JSONSchema.component("A").orNull.json == ["anyOf": [["$ref": "#/components/schemas/A"], ["type": "null"]]])
        #expect(JSONSchema.choice(["a"]).orNull.json == ["anyOf": [["type": "string", "enum": ["a"]], ["type": "null"]]])
    }
}
