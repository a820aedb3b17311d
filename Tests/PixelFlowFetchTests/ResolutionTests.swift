import NIOCore
import PixelFlowCore
import PixelFlowFetch
import PixelFlowURL
import RawHTTP
import Testing
import WireFormats

@Suite struct ResolutionTests {
    @Test func nameIsResolvedOnceAndSentAsHost() async throws {
        // A second lookup would return the private address: DNS rebinding.
        let resolver = FixedResolver(["pictures.example": [["127.0.0.1"], ["10.0.0.1"]]])
        try await RawServer.run(respond: { _, channel in channel.respond(body: "image") }) { server in
            let source = try await localFetcher(resolver: resolver).fetch(server.url(host: "pictures.example"), limit: 100)
            #expect(String(buffer: source.bytes) == "image")
            #expect(server.requests.first?.header("host") == "pictures.example:\(server.port)")
        }
        #expect(resolver.questions == ["pictures.example"])
    }

    @Test func redirectToTheSameNameIsCheckedAgain() async throws {
        let resolver = FixedResolver(["pictures.example": [["127.0.0.1"], ["10.0.0.1"]]])
        try await RawServer.run(respond: { _, channel in channel.redirect(to: "/again") }) { server in
            let result = await outcome(of: server.url(host: "pictures.example"), resolver: resolver)
            #expect(result == "address_blocked permanent")
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "::1"], ["127.0.0.1", "::ffff:10.0.0.1"]])
    func oneDisallowedAddressRejectsTheName(addresses: [String]) async throws {
        let resolver = FixedResolver(["pictures.example": [addresses]])
        try await RawServer.run(respond: { _, channel in channel.respond() }) { server in
            let result = await outcome(of: server.url(host: "pictures.example"), resolver: resolver)
            #expect(result == "address_blocked permanent")
            #expect(server.requests.isEmpty)
        }
    }

    @Test func nextAddressIsTriedIfAConnectionFails() async throws {
        let resolver = FixedResolver(["pictures.example": [["127.0.0.2", "127.0.0.3", "127.0.0.1"]]])
        try await RawServer.run(respond: { _, channel in channel.respond() }) { server in
            #expect(await outcome(of: server.url(host: "pictures.example"), resolver: resolver) == "ok")
        }
    }

    @Test func atMostFourAddressesAreTried() async throws {
        let resolver = FixedResolver(["pictures.example": [["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"]]])
        try await RawServer.run(respond: { _, channel in channel.respond() }) { server in
            let result = await outcome(of: server.url(host: "pictures.example"), resolver: resolver)
            #expect(result == "source_unreachable transient")
        }
    }

    @Test func nameWithoutAddressesFails() async throws {
        let resolver = FixedResolver(["pictures.example": [[]]])
        #expect(await outcome(of: "http://pictures.example/", resolver: resolver) == "name_not_resolved permanent")
    }

    @Test func systemResolverFindsLocalhost() async throws {
        let addresses = try await SystemResolver.forSources.addresses(of: "localhost", for: .test)
        #expect(addresses.contains { AddressPolicy().refusal(of: $0) == .loopback })
        #expect(await outcome(of: "http://localhost/", resolver: SystemResolver.forSources, allowed: "") == "address_blocked permanent")
    }

    @Test func systemResolverReportsUnknownNames() async throws {
        let result = await outcome(of: "http://nowhere.invalid/", resolver: SystemResolver.forSources, allowed: "")
        #expect(result.hasPrefix("name_not_resolved") || result.hasPrefix("source_timeout"))
    }

    /// A resolver that does not return until its task is cancelled.
    struct SilentResolver: NameResolver {
        func addresses(of name: String, for tenant: TenantID) async throws -> [IPAddress] {
            try await Task.sleep(for: .seconds(3600))
            return []
        }
    }

    @Test func slowLookupCountsTowardsTheTotalLimit() async throws {
        let fetcher = try localFetcher(resolver: SilentResolver(), total: .milliseconds(100))
        #expect(await fetcher.outcome("http://pictures.example/") == "source_timeout transient")
    }
}
