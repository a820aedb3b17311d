import PixelFlowHTTP
import Testing

/// Query strings are parsed as `URLSearchParams` does.
@Suite struct QueryParametersTests {
    @Test(arguments: [
        ("a=b", "b"), ("a=my+file", "my file"), ("a=my%20file", "my file"), ("a=1%2B1", "1+1"), ("%61=b", "b"), ("a", ""), ("a=", ""),
        ("x=1&a=b&a=c", "b"), ("&&a=b&&", "b"), ("a=b=c", "b=c"), ("a=%", "%"), ("a=100%&b=2", "100%"), ("a=%zz%4", "%zz%4"),
        ("a=%4g%41", "%4gA"), ("a=%C3%BC", "ü"), ("a=ü", "ü"), ("a=%FF", "\u{FFFD}"), ("a=%C3", "\u{FFFD}"), ("a=%25%32%30", "%20"),
        ("a=%e2%82%ac", "€"), ("a=b;c", "b;c"), ("a=%00", "\0"), ("a+b=1&a=2", "2"), ("=x&a=y", "y"),
    ])
    func theFirstValueIsUsed(_ query: String, _ value: String) {
        #expect(QueryParameters(query)["a"] == value)
    }

    @Test(arguments: ["", "&", "b=a", "A=1", "a+=1", "=a", "?a=1"])
    func aMissingParameterIsNil(_ query: String) {
        #expect(QueryParameters(query)["a"] == nil)
    }

    @Test(arguments: [
        ("", "c=x%26y"), ("a=1&b=2", "a=1&b=2&c=x%26y"), ("c=1&a=%C3%BC+%2B&c=2", "a=%C3%BC%20%2B&c=x%26y"),
        ("a=>;\"", "a=%3E%3B%22&c=x%26y"),
        ("a", "a=&c=x%26y"),
    ])
    func settingAParameterKeepsTheOthers(_ query: String, _ changed: String) {
        #expect(QueryParameters(query).setting("c", to: "x&y") == changed)
    }

    @Test func anEmptyFieldIsAbsent() {
        let query = QueryParameters("a=&b=+&c")
        #expect(query.nonEmpty("a") == nil)
        #expect(query.nonEmpty("b") == " ")
        #expect(query.nonEmpty("c") == nil)
        #expect(query.firstValues == ["a": "", "b": " ", "c": ""])
    }
}
