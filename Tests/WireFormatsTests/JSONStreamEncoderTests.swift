import Foundation
import Testing
import WireFormats

@Suite struct JSONStreamEncoderTests {
    private func text(_ value: some Encodable, sortsKeys: Bool = false) throws -> String {
        String(decoding: try JSONStreamEncoder(sortsKeys: sortsKeys).encode(value), as: UTF8.self)
    }

    private struct Order: Encodable {
        struct Item: Encodable {
            var name: String
            var count: UInt8?
            var price: Double
        }
        enum State: String, Encodable { case open, paid }

        var title = "3 \"large\" / prints\n"
        var state = State.paid
        var items = [Item(name: "é", count: 2, price: 1.5), Item(name: "b", count: nil, price: 3)]
        var notes: [String: [Int?]] = ["z": [1, nil], "a": [], "a!": [0]]
        var none: [Int] = []
        var isGift = false
        var tags: Set<String> = ["only"]
    }

    @Test func writesMembersInTheirOrder() throws {
        #expect(
            try text([Order.Item(name: "x", count: nil, price: -0.25), Order.Item(name: "", count: 255, price: 1e300)])
                == #"[{"name":"x","price":-0.25},{"name":"","count":255,"price":1e+300}]"#)
    }

    @Test func sortsMembersByTheirKeysAtEveryDepth() throws {
        let json =
            #"{"isGift":false,"items":[{"count":2,"name":"é","price":1.5},{"name":"b","price":3}],"none":[],"#
            + #""notes":{"a":[],"a!":[0],"z":[1,null]},"state":"paid","tags":["only"],"title":"3 \"large\" / prints\n"}"#
        #expect(try text(Order(), sortsKeys: true) == json)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: try encoder.encode(Order()), as: UTF8.self) == json)
    }

    @Test func writesScalars() throws {
        #expect(try text("a") == #""a""#)
        #expect(try text(Int.min) == "-9223372036854775808")
        #expect(try text(UInt64.max) == "18446744073709551615")
        #expect(try text(Int128.max) == "170141183460469231731687303715884105727")
        #expect(try text([0.0, -0.0, 1, 0.1, 5e-324]) == "[0,-0,1,0.1,5e-324]")
        #expect(try text([Float(0.1), 2]) == "[0.1,2]")
        #expect(try text([true, false]) == "[true,false]")
        #expect(try text(Int?.none) == "null")
        #expect(try text([[1, 2], [], [3]]) == "[[1,2],[],[3]]")
        #expect(try text([2: "b"]) == #"{"2":"b"}"#)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity]) func refusesNumbersThatJSONLacks(number: Double) {
        #expect(throws: EncodingError.self) { try text(["a": number]) }
    }

    /// An object that is assembled by hand from parts of every kind.
    private struct Assembled: Encodable {
        struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
        enum Key: String, CodingKey { case list, object, nothing, parent, last }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: Key.self)
            var list = fields.nestedUnkeyedContainer(forKey: .list)
            try list.encode(1)
            var inner = list.nestedContainer(keyedBy: Key.self)
            try inner.encode("x", forKey: .last)
            try inner.encodeNil(forKey: .list)
            _ = list.nestedUnkeyedContainer()
            _ = list.superEncoder()
            try list.encode(Nothing())
            var object = fields.nestedContainer(keyedBy: Key.self, forKey: .object)
            try object.encode(2, forKey: .last)
            try fields.encode(Nothing(), forKey: .nothing)
            _ = fields.superEncoder(forKey: .parent)
            try "super".encode(to: fields.superEncoder())
            var again = encoder.container(keyedBy: Key.self)
            try again.encode(3, forKey: .last)
        }
    }

    @Test func writesNestedContainersAndWhatEncodesNothing() throws {
        #expect(
            try text(Assembled())
                == #"{"list":[1,{"last":"x","list":null},[],{},{}],"object":{"last":2},"nothing":{},"parent":{},"super":"super","last":3}"#)
        #expect(
            try text(Assembled(), sortsKeys: true)
                == #"{"last":3,"list":[1,{"last":"x","list":null},[],{},{}],"nothing":{},"object":{"last":2},"parent":{},"super":"super"}"#)
    }

    @Test func encodedTextIsCopied() throws {
        let parts = ["b": EncodedJSON(#"{"z":[1,2.5],"y":"/"}"#), "a": EncodedJSON("7")]
        #expect(try text(parts, sortsKeys: true) == #"{"a":7,"b":{"z":[1,2.5],"y":"/"}}"#)
        let other = try JSONEncoder().encode(parts)
        #expect(try JSONValue(parsing: other) == ["a": 7, "b": ["z": [1, 2.5], "y": "/"]])
        #expect(throws: (any Error).self) { try JSONEncoder().encode([EncodedJSON("{")]) }
    }

    /// Random documents survive, and equal ones have equal texts.
    @Test func textIsThatOfOtherWriters() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let value = Self.random(depth: 4, &generator)
            #expect(try text(value, sortsKeys: true) == value.text())
            #expect(try JSONValue(parsing: try text(value)) == value)
        }
    }

    private static func random(depth: Int, _ generator: inout SystemRandomNumberGenerator) -> JSONValue {
        let characters = Array("ab\"\\/\n\u{1}\u{7f}é😀 !_~0")
        func word() -> String {
            String((0..<Int.random(in: 0...4, using: &generator)).map { _ in characters.randomElement(using: &generator)! })
        }
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int.random(in: .min ... .max, using: &generator))
        case 3: return .number(Double(Int.random(in: -99...99, using: &generator)) + 0.5)
        case 4: return .string(word())
        case 5: return .array((0..<Int.random(in: 0...4, using: &generator)).map { _ in random(depth: depth - 1, &generator) })
        default:
            let fields = (0..<Int.random(in: 0...6, using: &generator)).map { _ in (word(), random(depth: depth - 1, &generator)) }
            return .object(Dictionary(fields) { _, last in last })
        }
    }
}
