import OpenAPI
import Testing
import WireFormats

@Suite struct RequestSchemaTests {
    private enum Color: String, CaseIterable, Decodable { case red, blue }

    private struct Order: Decodable, SchemaNamed, SchemaAnnotated {
        static let schemaName = "Order"
        static let annotations: [String: SchemaAnnotation] = ["note": "For people."]
        let size: Int?
        let note: String?
        let color: Color?
        let parts: [Part]?
        let labels: [String: Part]?
        let anything: JSONValue?
        let best: Part?

        struct Part: Decodable, SchemaNamed {
            static let schemaName = "Part"
            let size: Int?
        }
    }

    private struct Delivery: Decodable, SchemaOpen { let orders: [Order] }

    @Test(
        arguments: [
            ("{}", nil), (#"{"size":1,"note":null,"color":null,"parts":null,"labels":null,"anything":null,"best":null}"#, nil),
            (#"{"sise":1}"#, "sise"), (#"{"sise":null}"#, "sise"), (#"{"z":1,"b":2}"#, "b"),
            (#"{"parts":[{"size":1},{"size":2,"width":3}]}"#, "parts[1].width"), (#"{"best":{"width":3}}"#, "best.width"),
            (#"{"labels":{"any":{"size":1}}}"#, nil), (#"{"labels":{"any":{"width":1}}}"#, "labels.any.width"),
            (#"{"anything":{"x":[{"y":1}]}}"#, nil), (#"{"parts":7,"best":[{"width":3}]}"#, nil), ("[]", nil),
        ] as [(String, String?)])
    func findsMembersThatTheTypeDoesNotHave(body: String, path: String?) throws {
        #expect(try RequestSchema(of: Order.self).unknownMember(of: JSONValue(parsing: body)) == path)
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?
        init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
        init(intValue: Int) { (stringValue, self.intValue) = ("Index \(intValue)", intValue) }
    }

    private struct Palette: Decodable {
        let colors: [Color]
        let byName: [String: Color]?
        let name: String
    }

    @Test func namesTheChoicesOfAField() throws {
        let schema = try RequestSchema(of: Palette.self)
        #expect(try RequestSchema(of: Order.self).choices(at: [Key(stringValue: "color")]) == ["red", "blue"])
        #expect(schema.choices(at: [Key(stringValue: "colors"), Key(intValue: 3)]) == ["red", "blue"])
        #expect(schema.choices(at: [Key(stringValue: "byName"), Key(stringValue: "sky")]) == ["red", "blue"])
        for key in ["name", "colors", "other"] { #expect(schema.choices(at: [Key(stringValue: key)]) == nil, "\(key)") }
    }

    @Test(
        arguments: [
            (#"{"size":1.5}"#, "size", 1.5), (#"{"parts":[{"size":1},{"size":1e30}]}"#, "parts[1].size", 1e30),
            (#"{"labels":{"a":{"size":-1e30}}}"#, "labels.a.size", -1e30), (#"{"size":2.0,"anything":1.5}"#, nil, nil),
        ] as [(String, String?, Double?)])
    func findsNumbersThatDoNotFit(body: String, path: String?, number: Double?) throws {
        let found = try RequestSchema(of: Order.self).unfitNumber(in: JSONValue(parsing: body))
        #expect(found?.path == path)
        #expect(found?.number == number)
    }

    @Test func messagesOfServicesMayHaveMoreMembers() throws {
        let body = try JSONValue(parsing: #"{"orders":[{"sise":1,"best":{"width":3}}],"count":1}"#)
        #expect(try RequestSchema(of: Delivery.self).unknownMember(of: body) == nil)
    }
}
