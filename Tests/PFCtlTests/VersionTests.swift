import FakeKubernetes
import KubernetesClient
import StubService
import Terminal
import TerminalTesting
import Testing

@testable import PFCtl

@Suite struct VersionTests {
    @Test func reportsVersions() async throws {
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl("version").output.contains("\nKubernetes:      v1.36.0\n"))
            pixelflow.cluster.forgetRequests()
            #expect(await pixelflow.pfctl("version", "--client", "-o", "json").output.contains(#""version": "0.2.0""#))
            #expect(pixelflow.cluster.requests.isEmpty)
        }
    }

    private static func withReleases(
        _ respond: @escaping StubService.Responder, _ body: @Sendable (FakePixelFlow, StubService, String) async throws -> Void
    ) async throws {
        try await FakePixelFlow.run { pixelflow in
            let releases = try await StubService.start(respond)
            try await body(pixelflow, releases, "http://127.0.0.1:\(releases.port)/latest")
            await releases.stop()
        }
    }

    @Test(arguments: [("v0.2.1", true), ("v0.10.0", true), ("v0.2.0", false), ("v0.1.9", false), ("v0.2.0-rc.1", false)])
    func reportsWhetherANewerVersionExists(tag: String, isNewer: Bool) async throws {
        try await Self.withReleases({ _ in (200, #"{"tag_name":"\#(tag)","body":"notes"}"#) }) { pixelflow, releases, url in
            let outcome = await pixelflow.pfctl("version", "--client", "--check", "--releases", url)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output.contains("latest release: \(tag.dropFirst())"))
            #expect(outcome.output.contains("newer than pfctl") == isNewer)
            let json = await pixelflow.pfctl("version", "--client", "--check", "-o", "json", environment: ["PFCTL_RELEASES": url])
            #expect(json.output.contains(#""newer": \#(isNewer)"#))
            #expect(releases.lines == ["GET /latest", "GET /latest"])
            #expect(pixelflow.cluster.requests.isEmpty)
        }
    }

    @Test func makesNoRequestUnlessAskedTo() async throws {
        try await Self.withReleases({ _ in (200, #"{"tag_name":"v9.0.0"}"#) }) { pixelflow, releases, url in
            let outcome = await pixelflow.pfctl("version", environment: ["PFCTL_RELEASES": url])
            #expect(outcome.status == .ok)
            #expect(!outcome.output.contains("9.0.0"))
            #expect(releases.calls.isEmpty)
            #expect(await pixelflow.pfctl("version", "--releases", url).status == .usage)
            let nowhere = await pixelflow.pfctl("version", "--client", "--check")
            #expect(nowhere.status == .usage)
            #expect(nowhere.errors.contains("does not know where releases are"))
            #expect(await pixelflow.pfctl("version", "--client", "--check", "--releases", "releases.example.org").status == .usage)
        }
    }

    @Test(arguments: [(404, "{}"), (200, "{}"), (200, "not JSON"), (200, #"{"tag_name":"latest"}"#), (503, #"{"tag_name":"v1.0.0"}"#)])
    func failsWithoutAVersion(status: Int, body: String) async throws {
        try await Self.withReleases({ _ in (status, body) }) { pixelflow, _, url in
            let outcome = await pixelflow.pfctl("version", "--client", "--check", "--releases", url)
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains(url))
        }
    }

    @Test func versionsAreOrdered() {
        let order = ["0.2.0-alpha", "0.2.0-rc.1", "0.2.0-rc.2", "0.2.0-rc.10", "0.2.0", "0.2.1", "0.10.0", "1.0.0-rc.1", "1.0.0"]
        let versions = order.compactMap { ReleaseVersion($0) }
        #expect(versions.map(\.description) == order)
        #expect(versions.shuffled().sorted() == versions)
        #expect(ReleaseVersion("v1.2.3") == ReleaseVersion("1.2.3"))
        for text in ["", "1.2", "1.2.3.4", "1.2.x", "1.2.+3", "1.2.3-", "latest", "1..3"] {
            #expect(ReleaseVersion(text) == nil, "\(text)")
        }
    }
}
