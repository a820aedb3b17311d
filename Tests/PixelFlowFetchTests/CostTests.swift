import NIOCore
import PixelFlowCore
import PixelFlowFetch
import Testing

/// What a fetch costs besides the transfer; printed, and bounded generously enough for a busy machine.
@Suite(.serialized) struct CostTests {
    @Test(arguments: ["http", "https"])
    func oneFetch(scheme: String) async throws {
        try await TestCertificate.withFile { roots in
            let tls = scheme == "https" ? try TestCertificate.serverContext() : nil
            try await TestServer.run(tls: tls, answer: { _, channel in channel.answer(body: "image") }) { server in
                let fetcher = try localFetcher(trustRootsFile: roots)
                let url = server.url(scheme: scheme)
                var times: [Duration] = []
                for _ in 0..<100 {
                    try await times.append(ContinuousClock().measure { _ = try await fetcher.fetch(url, limit: 100) })
                }
                let median = times.sorted()[50]
                print("a fetch over \(scheme) on loopback, median of 100: \(median)")
                #expect(median < .milliseconds(100))
            }
        }
    }

    @Test func startingUp() throws {
        print("a fetcher with the system's trust roots: \(try ContinuousClock().measure { _ = try GuardedFetcher() })")
    }
}
