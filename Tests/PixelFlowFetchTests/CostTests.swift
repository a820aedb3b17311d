import NIOCore
import PixelFlowCore
import PixelFlowFetch
import RawHTTP
import Testing

/// The connections, requests and lookups of a fetch.
@Suite struct CostTests {
    @Test(arguments: ["http", "https"])
    func oneFetchIsOneConnectionAndOneRequest(scheme: String) async throws {
        try await TestCertificate.withFile { roots in
            let tls = scheme == "https" ? try TestCertificate.serverContext() : nil
            try await RawServer.run(tls: tls, respond: { _, channel in channel.respond(body: "image") }) { server in
                let fetcher = try localFetcher(trustRootsFile: roots)
                let url = server.url(scheme: scheme)
                for count in 1...20 {
                    _ = try await fetcher.fetch(url, limit: 100)
                    #expect(server.connections == count)
                    #expect(server.requests.count == count)
                }
            }
        }
    }

    @Test func startsWithTheTrustRootsOfTheSystem() {
        #expect(throws: Never.self) { try GuardedFetcher() }
    }
}
