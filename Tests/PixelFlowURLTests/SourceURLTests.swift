import PixelFlowCore
import Testing

@testable import PixelFlowURL

@Suite struct SourceURLTests {
    /// URLs and their normalised form.
    @Test(arguments: [
        ("http://host", "http://host/"), ("HTTPS://Host.Example:443/A?b#c", "https://host.example/A?b"),
        ("http://host:81/", "http://host:81/"),
        ("http://host./", "http://host/"), ("  http://host/x  ", "http://host/x"),
        // Every notation of an IPv4 address becomes that address.
        ("http://127.1/", "http://127.0.0.1/"), ("http://0x7f.1/", "http://127.0.0.1/"), ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0177.0.0.01/", "http://127.0.0.1/"), ("http://0xC0.0XA8.1/", "http://192.168.0.1/"),
        ("http://4294967295/", "http://255.255.255.255/"),
        ("http://1.65535/", "http://1.0.255.255/"), ("http://1.2.65535/", "http://1.2.255.255/"), ("http://0x/", "http://0.0.0.0/"),
        ("http://1.2.3.4./", "http://1.2.3.4/"), ("http://%30%78%37f.1/", "http://127.0.0.1/"),
        ("http://[0:0::1]:80/", "http://[::1]/"), ("http://[::FFFF:1.2.3.4]/", "http://[::ffff:1.2.3.4]/"),
        // Internationalised hosts.
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"), ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
        ("http://bu\u{308}cher.example/", "http://xn--bcher-kva.example/"),
        ("http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/"),
        ("http://straße.de/", "http://xn--strae-oqa.de/"), ("http://STRAẞE.de/", "http://xn--strae-oqa.de/"),
        ("http://пример.рф/", "http://xn--e1afmkfd.xn--p1ai/"), ("http://例え.テスト/", "http://xn--r8jz45g.xn--zckzah/"),
        ("http://例え。テスト/", "http://xn--r8jz45g.xn--zckzah/"), ("http://a．b｡c/", "http://a.b.c/"),
        ("http://ｅｘａｍｐｌｅ.com/", "http://example.com/"), ("http://ex\u{AD}am\u{200B}ple.com/", "http://example.com/"),
        ("http://☃.net/", "http://xn--n3h.net/"), ("http://☁️.example/", "http://xn--l3h.example/"),
        ("http://faß.ελλάς/", "http://xn--fa-hia.xn--hxarsa0b/"),
        ("http://مثال.إختبار/", "http://xn--mgbh0fb.xn--kgbechtv/"), ("http://l·l.cat/", "http://xn--ll-0ea.cat/"),
        ("http://xn--BCHER-kva.example/", "http://xn--bcher-kva.example/"), ("http://r3---sn.example/", "http://r3---sn.example/"),
        ("http://１２７.１/", "http://127.0.0.1/"),
    ])
    func urlIsNormalised(text: String, canonical: String) throws {
        let url = try SourceURL(text)
        #expect(url.description == canonical)
        #expect(try SourceURL(url.description) == url)
    }

    @Test(arguments: [
        "", " ", "host/x", "//host/x", "http:/host", "ftp://host/", "http://", "http:///x", "http:// host/", "http://ho st/", "http://.",
        "http://..",
        "http://a..b/", "http://.a/", "http://a../", "http://-a/", "http://a-/", "http://a*b/", "http://a,b/", "http://a<b/", "http://a|b/",
        "http://a%2/",
        "http://a\u{0}/", "http://a/\u{0}", "http://a/\n", "\thttp://a/", "http://a/\u{7F}", "http://a/\u{85}", "http://a/x\ty",
        "http://a/x\r\ny",
        "http://" + String(repeating: "a", count: 64) + ".example/", "http://" + String(repeating: "aaa.", count: 63) + "aaaa/",
        "http://" + String(repeating: "ü", count: 60) + ".example/",
        "http://u@a/", "http://u:p@a/", "http://:@a/", "http://u%40a@b/", "http://a\\b/", "http://a\\@b/",
        "http://256.1/", "http://1.2.3.256/", "http://1.2.3.4.5/", "http://4294967296/", "http://0x100000000/", "http://08.1/",
        "http://1..2/",
        "http://a.0x1/", "http://a.1/", "http://1.2.3.0xg1.9/", "http://[::g]/", "http://[::1/", "http://[1.2.3.4]/",
        "http://[::1%25eth0]/",
        "http://[]/", "http://[::1]a/",
        "http://a:0/", "http://a:65536/", "http://a:x/", "http://a:1:2/", "http://a: 80/", "http://a:+80/", "http://a:８０/",
        "http://xn--/", "http://xn--a/", "http://xn--ASCII-/", "http://xn--ls8h\u{fe0f}é/", "http://xn--bcher-kva\u{301}.de/",
        "http://a\u{200D}b/",
        "http://a\u{200C}b/", "http://\u{301}a/", "http://a\u{202E}b/", "http://a\u{E000}/", "http://a\u{2028}b/", "http://a％b/",
        "http://a／b／",
        "http://a⁄\u{0}/", "http://\u{AD}/", "http://a「b/",
    ])
    func invalidURLIsRefused(text: String) {
        let error = #expect(throws: PixelFlowError.self) { try SourceURL(text) }
        #expect(error?.code == "url_invalid")
        #expect(error?.kind == .invalid)
    }

    @Test func lengthLimitsAreExact() throws {
        let label = String(repeating: "a", count: 63)
        #expect(try SourceURL("http://\(label).example/").host == .name("\(label).example"))
        let longest = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(longest.utf8.count == 253)
        #expect(try SourceURL("http://\(longest)./").host == .name(longest))
        #expect(throws: PixelFlowError.self) { try SourceURL("http://\(longest)a/") }
    }

    /// The length is checked before the conversion, which is slow.
    @Test(arguments: ["xn--", "\u{AD}", "\u{fc}", "%C3%BC", "\u{fc}.", "a"])
    func tooLongHostIsRefusedBeforeConversion(unit: String) {
        let host = String(repeating: unit, count: 7 * 1024 / unit.utf8.count)
        let error = #expect(throws: PixelFlowError.self) { try SourceURL("http://\(host)/") }
        #expect(error?.message == "The host of the URL is longer than 253 characters.")
    }

    /// The longest possible name of four-byte letters: four labels of 63 characters in ASCII.
    @Test func longUTF8NameCanBeShortInASCII() throws {
        let label = String(repeating: "\u{1F4A9}", count: 50)
        let url = try SourceURL("http://" + Array(repeating: label, count: 4).joined(separator: ".") + "/")
        guard case .name(let name) = url.host else {
            Issue.record("\(url.host)")
            return
        }
        #expect(name.utf8.count <= SourceHost.maximumNameLength && name.hasPrefix("xn--"))
    }

    @Test(arguments: [
        ("http:next", "http://host/a/next"), ("HTTP:/next", "http://host/next"), ("http:", "http://host/a/b?c"),
        ("http:http:next", "http://host/a/http:next"), ("http:http://inside/x", "http://host/a/http://inside/x"),
        ("http:https:x", "http://host/a/https:x"), ("http:?q", "http://host/a/b?q"), ("http:\thttp:\tx", "http://host/a/http:x"),
        ("https:x", nil), ("http:\t//host:x", nil),
    ])
    func atMostOneSchemeIsRemovedFromALocation(location: String, expected: String?) throws {
        let base = try SourceURL("http://host/a/b?c")
        guard let expected else {
            #expect(throws: PixelFlowError.self) { try base.resolving(location) }
            return
        }
        #expect(try base.resolving(location).description == expected)
    }

    /// As long as the head of a response can be.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["http:", "http:\t", "http:/", "/", "../", "./", "a/", "%", "%41", "?", "#", "\t", " ", "//", "\u{fc}", "a\u{301}"])
    func tooLongLocationIsRefusedBeforeParsing(unit: String) throws {
        let base = try SourceURL("http://host/a/b?c")
        let location = String(repeating: unit, count: 64 * 1024 / unit.utf8.count)
        let error = #expect(throws: PixelFlowError.self) { try base.resolving(location) }
        #expect(error?.message == "The URL is longer than 8192 bytes.")
    }

    /// The largest number of repetitions must neither overflow the stack of a thread nor take noticeable time.
    @Test(.timeLimit(.minutes(1)), arguments: ["http:", "../", "./", "a/", "%", "//", "\t", " ", "\u{301}", "[", ":"])
    func longestLocationIsParsed(unit: String) throws {
        let base = try SourceURL("http://host/a/b?c")
        let location = String(repeating: unit, count: 8 * 1024 / unit.utf8.count)
        // Any result is fine, as long as the process survives.
        _ = try? base.resolving(location)
        #expect(try base.resolving("next").description == "http://host/a/next")
    }

    @Test(arguments: [
        ("80,443", [80, 443], [81, 442, 444]), ("8000-8002", [8000, 8002], [7999, 8003]), (" 80 , 90-91 ", [80, 90, 91], [89, 92]),
        ("1-65535", [1, 65535], []),
    ])
    func portListIsParsed(text: String, inside: [Int], outside: [Int]) throws {
        let ports = try #require(AllowedPorts(text))
        #expect(inside.allSatisfy(ports.contains) && !outside.contains(where: ports.contains))
    }

    @Test(arguments: ["", ",", "0", "65536", "90-80", "80-", "-80", "http", "80:90", "080", "1-2-3", "+80"])
    func invalidPortListIsRefused(text: String) {
        #expect(AllowedPorts(text) == nil)
        guard !text.isEmpty else { return }
        let error = #expect(throws: PixelFlowError.self) {
            try AllowedPorts(Settings(environment: ["PIXELFLOW_FETCH_ALLOW_PORTS": text]))
        }
        #expect(error?.field == "PIXELFLOW_FETCH_ALLOW_PORTS")
    }

    @Test func defaultPortsAreThoseOfTheWeb() throws {
        #expect(try AllowedPorts(Settings(environment: [:])) == .standard)
        #expect(throws: Never.self) { try SourceURL("https://a/").check(.standard) }
        let error = #expect(throws: PixelFlowError.self) { try SourceURL("https://a:8443/").check(.standard) }
        #expect(error?.code == "port_not_allowed")
    }
}
