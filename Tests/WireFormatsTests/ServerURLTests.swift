import Testing
import WireFormats

@Suite struct ServerURLTests {
    @Test func hasAllParts() throws {
        let url = try ServerURL(parsing: "kafka://us%40er:p%3Aw%2F@a:1,b,[::1]:3/path?x=%2Fy&flag")
        #expect(url.scheme == "kafka" && url.path == "path")
        #expect(url.credentials == .init(user: "us@er", password: "p:w/"))
        #expect(url.hosts.map { $0.text(defaultPort: 9) } == ["a:1", "b:9", "[::1]:3"])
        #expect(url.hosts.map(\.name) == ["a", "b", "::1"])
        #expect(url.query.map(\.name) == ["x", "flag"] && url.query.map(\.value) == ["/y", nil])
    }

    @Test func mayConsistOfAHost() throws {
        let url = try ServerURL(parsing: "x://h")
        #expect(url.credentials == nil && url.path.isEmpty && url.query.isEmpty)
        #expect(url.hosts.map(\.port) == [nil])
    }

    /// Secrets are often made of Base64, and pasted as they are.
    @Test func aPasswordNeedNotEncodeASlash() throws {
        let url = try ServerURL(parsing: "x://user:a/b+c:d=@h/0")
        #expect(url.credentials == .init(user: "user", password: "a/b+c:d="))
        #expect(url.hosts.map(\.name) == ["h"] && url.path == "0")
    }

    @Test func credentialsMayLackAPart() throws {
        #expect(try ServerURL(parsing: "x://user@h").credentials == .init(user: "user", password: nil))
        #expect(try ServerURL(parsing: "x://:word@h").credentials == .init(user: "", password: "word"))
        #expect(try ServerURL(parsing: "x://@h").credentials == .init(user: "", password: nil))
    }

    @Test(
        arguments: [
            ("", .scheme), ("host:1", .scheme), ("://host", .scheme), ("x://u:%zz@h", .credentials), ("x://%ff:p@h", .credentials),
            ("x://", .host), ("x://a,,b", .host), ("x://:1", .host), ("x://[a]:1", .host), ("x://[::1", .host), ("x://[::1]1", .host),
            ("x://a b", .host), ("x://a:", .port), ("x://a:0", .port), ("x://a:65536", .port), ("x://a:+80", .port), ("x://a:1:2", .port),
            ("x://a?b=%", .query),
        ] as [(String, ServerURL.Part)])
    func namesTheInvalidPart(text: String, part: ServerURL.Part) {
        #expect(throws: part) { try ServerURL(parsing: text) }
    }

    @Test(arguments: [
        ("http://a", true), ("https://a:1/x?y#z", true), ("http://[::1]/", true), ("", false), ("a", false), ("ftp://a", false),
        ("http://", false), ("https:///a", false), ("http://:80", false), ("http:/a", false), ("HTTP://a", false), ("http", false),
    ])
    func httpURLsBeginWithTheirSchemeAndAHost(text: String, isOne: Bool) { #expect(HTTPURL.isOne(text) == isOne) }

    @Test(
        arguments: [
            ("http://a", "http://a"), ("https://a:1/", "https://a:1"), ("http://a/b/", "http://a/b"), ("http://a?b", nil),
            ("http://a#b", nil),
            ("http://u:p@a", nil), ("http://a:port", nil), ("http://a,b", nil), ("http://a b", nil), ("ftp://a", nil), ("a", nil),
        ] as [(String, String?)])
    func pathsCanBeAddedToABase(text: String, base: String?) { #expect(HTTPURL.base(text) == base) }
}
