import Testing
import WireFormats

struct JSONValueTests {
    @Test(arguments: [
        #"null"#, #"true"#, #"-12"#, #"1.5"#, #""text""#, #"[]"#, #"{}"#, #"[1,[2,{"a":null}]]"#,
        #"{"a":"\"quoted\"\\ and\nnew","b":[1,2.5,false]}"#, #""héllo ✓ \u0001\u007f""#,
    ])
    func roundTripsJSON(text: String) throws {
        #expect(try JSONValue(parsing: text).text() == text)
    }

    @Test func readsEscapes() throws {
        #expect(try JSONValue(parsing: #""\u00e9\ud83d\ude00\/\t""#) == "é😀/\t")
    }

    @Test(arguments: [
        "", "{", "[", "[1,", #"{"a"}"#, #"{"a":}"#, "tru", "1 2", #""open"#, #""\x""#, #""\u12""#, "{1:2}", "[1 2]", "-", "nan", "]",
        "+1", "01", #""\ud83d!""#, #""\ud83d\u0041""#, #""\ude00""#, "-01", "1.", ".5", "1e", "1e+", "--1", "0x10", #""\u+123""#,
        "\"\u{1}\"", "\"a\nb\"",
        String(repeating: "[", count: 100_000),
    ])
    func refusesInvalidJSON(text: String) {
        #expect(throws: JSONValue.SyntaxError.self) { try JSONValue(parsing: text) }
    }

    /// A tail byte alone, an overlong form, a surrogate half, and a sequence that is cut off.
    @Test(arguments: [[0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]])
    func refusesStringsThatAreNotUTF8(bytes: [UInt8]) {
        for text in [bytes, Array(#"\n"#.utf8) + bytes] {
            #expect(throws: JSONValue.SyntaxError.self) { try JSONValue(parsing: [0x22] + text + [0x22]) }
        }
    }

    @Test func duplicatesAreRefusedOnRequest() throws {
        let text = #"{"a":[{"b":1,"b":null}],"c":{"b":2}}"#
        #expect(try JSONValue(parsing: text)["a"]?[0]?["b"] == .null)
        #expect(throws: JSONValue.SyntaxError.self) { try JSONValue(parsing: text.utf8, refusesDuplicates: true) }
        // The same name, written differently.
        #expect(throws: JSONValue.SyntaxError.self) { try JSONValue(parsing: #"{"a":1,"\u0061":2}"#.utf8, refusesDuplicates: true) }
        #expect(try JSONValue(parsing: #"{"a":{"b":1},"c":{"b":2}}"#.utf8, refusesDuplicates: true)["c"]?["b"] == 2)
    }

    @Test func theDepthIsBounded() throws {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try JSONValue(parsing: nested(3).utf8, maximumDepth: 3)
        #expect(throws: JSONValue.SyntaxError.self) { try JSONValue(parsing: nested(4).utf8, maximumDepth: 3) }
    }

    @Test func prettyPrintsWithSortedKeys() {
        let value: JSONValue = ["b": [1], "a": ["c": [:]]]
        #expect(value.text(pretty: true) == "{\n    \"a\": {\n        \"c\": {}\n    },\n    \"b\": [\n        1\n    ]\n}")
    }

    @Test func setsAndRemovesFields() {
        var value: JSONValue = ["a": 1]
        value["b"] = "x"
        value["a"] = nil
        #expect(value == ["b": "x"])
        #expect(value["b"]?[0] == nil)
    }

    @Test func largeIntegersAreExact() throws {
        #expect(try JSONValue(parsing: "9007199254740993").intValue == 9_007_199_254_740_993)
    }
}
