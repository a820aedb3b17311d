import PixelFlowCore
import PixelFlowFetch
import RawHTTP
import Testing

/// URLs as seen through the fetcher: invalid ones reach neither the resolver nor a socket.
@Suite struct URLTests {
    @Test(arguments: [
        "", "image.png", "//host/x", "http:", "http:/host", "http:host", "http://", "http:///x", "http://:80/", "http://?x", "https://#x",
        "file:///etc/passwd", "ftp://host/x", "gopher://host/", "data:image/png;base64,AA", "javascript:1", "unix:///run/x.sock",
        "http+unix://%2Frun%2Fx.sock/", "ht\ttp://host/", "http://ho\nst/", "http://host/\r\nX: y", "http://host/\u{0}",
        "http://user@host/", "http://user:pass@host/", "http://@host/", "http://127.0.0.1@host/", "http://host\\@127.0.0.1/",
        "http://host\\/x", "http://ho st/", "http://host%00.example/", "http://host%2Fx/", "http://us%40er/", "http://%ff/",
        "http://host:0/", "http://host:65536/", "http://host:99999999999999999999/", "http://host:-1/", "http://host:8o/",
        "http://host:80:80/",
        "http://host.0x1/", "http://host.123/", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://127.0.0.1 /",
        "http://[::1%25lo]/", "http://[fe80::1%eth0]/", "http://[::1/", "http://::1/", "http://[127.0.0.1]/", "http://[]/",
        "http://[::1]x/",
        "http://[::1].example/", "http://[v1.fe80::a]/",
        "http://host..example/", "http://.example/", "http://-host/", "http://host-/", "http://ho$st/", "http://\u{301}host/",
        "http://a\u{200d}b/",
        "http://xn--a/", "http://xn--/", "http://host\u{202e}/", "http://a％40b/",
        "http://" + String(repeating: "a", count: 64) + ".example/", "http://" + String(repeating: "a.", count: 130) + "example/",
        "http://host/" + String(repeating: "x", count: 9000),
    ])
    func invalidURLIsRefused(url: String) async throws {
        let resolver = FixedResolver()
        #expect(await outcome(of: url, resolver: resolver) == "url_invalid permanent")
        #expect(resolver.questions.isEmpty)
    }

    @Test(arguments: [
        ("http://host/", "host"), ("HTTP://HOST.Example./x", "host.example"), ("https://host:443?x", "host"), ("http://host:/", "host"),
        ("http://xn--bcher-kva.example/", "xn--bcher-kva.example"), ("http://a_b.example#x@y", "a_b.example"),
        ("http://1.2.3.4a/", "1.2.3.4a"), (" http://host/ ", "host"), ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://%6cocalhost/", "localhost"), ("http://ⓛocalhost/", "localhost"),
        ("http://0x7f.example/", "0x7f.example"), ("http://host/@127.0.0.1", "host"), ("http://host?@127.0.0.1/", "host"),
    ])
    func nameIsNormalisedBeforeLookup(url: String, name: String) async throws {
        let resolver = FixedResolver()
        #expect(await outcome(of: url, resolver: resolver) == "name_not_resolved permanent")
        #expect(resolver.questions == [name])
    }

    @Test(arguments: [
        "http://127.0.0.1/", "http://10.0.0.1:8080/x", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:FFFF:7F00:1]:80/",
        "https://169.254.169.254/latest/meta-data/", "http://[64:ff9b::a00:1]/", "http://0.0.0.0/", "http://[fd00:ec2::254]/",
        "http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://127.1/", "http://127.0.1/", "http://0/",
        "http://0177.0.0.1/", "http://127.0.0.01/", "http://0x7f.0.0.1/", "http://0x7f.1/", "http://127.0.0.1./", "http://0xA9FEA9FE/",
        "http://%31%32%37.0.0.1/", "http://１２７.0.0.1/", "http://127。0。0。1/", "http://①⓪.1/",
    ])
    func literalAddressIsChecked(url: String) async throws {
        let resolver = FixedResolver()
        #expect(await outcome(of: url, resolver: resolver, allowed: "") == "address_blocked permanent")
        #expect(resolver.questions.isEmpty)
    }

    @Test func targetIsEncodedOnce() async throws {
        let paths = [
            ("/a b/ä?q=ü&r=%20%zz#frag", "/a%20b/%C3%A4?q=%C3%BC&r=%20%25zz"), ("", "/"), ("?x=1", "/?x=1"), ("/%FF%00.jpg", "/%FF%00.jpg"),
            ("//double//slash", "//double//slash"), ("/a/../b/./c", "/a/../b/./c"),
            ("/a\"<>[]{}|^`\\", "/a%22%3C%3E%5B%5D%7B%7D%7C%5E%60%5C"),
            ("/x?a=b?c", "/x?a=b?c"), ("/x?", "/x?"),
        ]
        try await RawServer.run(respond: { _, channel in channel.respond() }) { server in
            for (path, _) in paths { #expect(await outcome(of: server.url(path)) == "ok") }
            #expect(server.requests.map(\.path) == paths.map(\.1))
        }
    }
}
