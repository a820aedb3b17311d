import NIOCore
import PixelFlowCore
import PixelFlowFetch
import RawHTTP
import Testing

@Suite struct TLSTests {
    static let names = FixedResolver(["pictures.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]])

    @Test func certificateIsCheckedAgainstTheHostName() async throws {
        try await TestCertificate.withFile { roots in
            try await RawServer.run(tls: TestCertificate.serverContext(), respond: { _, channel in channel.respond(body: "image") }) {
                server in
                let fetcher = try localFetcher(resolver: Self.names, trustRootsFile: roots)
                #expect(await fetcher.outcome(server.url(host: "pictures.example", scheme: "https")) == "ok")
                #expect(await fetcher.outcome(server.url(host: "127.0.0.1", scheme: "https")) == "ok")
                // The certificate is valid for the address, which must not suffice.
                #expect(await fetcher.outcome(server.url(host: "other.example", scheme: "https")) == "source_refused permanent")
                #expect(server.requests.count == 2)
            }
        }
    }

    @Test func selfSignedCertificateIsRefused() async throws {
        try await RawServer.run(tls: TestCertificate.serverContext(), respond: { _, channel in channel.respond(body: "image") }) { server in
            let result = await outcome(of: server.url(host: "pictures.example", scheme: "https"), resolver: Self.names)
            #expect(result == "source_refused permanent")
            #expect(server.requests.isEmpty)
        }
    }

    @Test func redirectFromHTTPSToHTTPIsRefused() async throws {
        let respond: RawServer.Responder = { _, channel in channel.redirect(to: "http://127.0.0.1:1/") }
        try await TestCertificate.withFile { roots in
            try await RawServer.run(tls: TestCertificate.serverContext(), respond: respond) { server in
                let result = await outcome(of: server.url(scheme: "https"), resolver: Self.names, trustRootsFile: roots)
                #expect(result == "source_refused permanent")
            }
        }
    }

    @Test func redirectFromHTTPToHTTPSIsFollowed() async throws {
        try await TestCertificate.withFile { roots in
            try await RawServer.run(tls: TestCertificate.serverContext(), respond: { _, channel in channel.respond() }) { secure in
                let target = secure.url(scheme: "https")
                try await RawServer.run(respond: { _, channel in channel.redirect(to: target) }) { server in
                    #expect(await outcome(of: server.url(), trustRootsFile: roots) == "ok")
                }
            }
        }
    }

    @Test func plaintextServerFailsTheHandshake() async throws {
        try await RawServer.run(respond: { _, channel in channel.respond() }) { server in
            // The server waits for the end of a request that does not arrive.
            let result = await outcome(of: server.url(scheme: "https"), total: .milliseconds(300))
            #expect(result == "source_timeout transient" || result == "source_unreachable transient")
        }
    }

    @Test func endlessBodyOverTLSFailsAtTheLimit() async throws {
        let respond: RawServer.Responder = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\n\r\n", close: false)
            channel.sendForever(String(repeating: "x", count: 1024))
        }
        try await TestCertificate.withFile { roots in
            try await RawServer.run(tls: TestCertificate.serverContext(), respond: respond) { server in
                let fetcher = try localFetcher(trustRootsFile: roots)
                #expect(await fetcher.outcome(server.url(scheme: "https"), limit: 100_000) == "source_too_large permanent")
            }
        }
    }

    @Test func missingTrustRootsFileIsNamed() {
        let error = #expect(throws: PixelFlowError.self) { try localFetcher(trustRootsFile: "/nowhere/roots.pem") }
        #expect(error?.code == "setting_invalid")
        #expect(error?.message.contains("/nowhere/roots.pem") == true)
    }
}
