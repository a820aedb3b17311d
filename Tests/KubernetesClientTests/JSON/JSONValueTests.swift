import KubernetesClient
import Testing

struct JSONValueTests {
    @Test(arguments: [
        #"null"#, #"true"#, #"-12"#, #"1.5"#, #""text""#, #"[]"#, #"{}"#, #"[1,[2,{"a":null}]]"#,
        #"{"a":"\"quoted\"\\ and\nnew","b":[1,2.5,false]}"#, #""héllo ✓ \u0001\u007f""#,
    ])
    func writesWhatItReads(text: String) throws {
        #expect(try JSONValue(parsing: text).text() == text)
    }

    @Test func readsEscapes() throws {
        #expect(try JSONValue(parsing: #""\u00e9\ud83d\ude00\/\t""#) == "é😀/\t")
        #expect(try JSONValue(parsing: #""\ud83d!""#) == "\u{FFFD}!")
    }

    @Test(arguments: [
        "", "{", "[", "[1,", #"{"a"}"#, #"{"a":}"#, "tru", "1 2", #""open"#, #""\x""#, #""\u12""#, "{1:2}", "[1 2]", "-", "nan", "]",
        String(repeating: "[", count: 100_000),
    ])
    func refusesInvalidJSON(text: String) {
        #expect(throws: JSONValue.SyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test func printsPrettilyWithSortedKeys() {
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
