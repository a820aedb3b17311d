import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Testing

@testable import PixelFlowS3

@Suite(.enabled(if: TestServer.isThere, TestServer.hint))
struct PresignedURLTests {
    @Test func isFetchedByAPlainClient() async throws {
        let store = try TestServer.store(TestServer.settings(prefix: "pre signed+\(UUID().uuidString)"))
        try await store.write(key("t/a/source"), bytes: sample(100_000))
        let url = try store.presignedURL(
            key("t/a/source"), expiresIn: .seconds(60), contentType: "image/png", contentDisposition: "attachment; filename=\"a b.png\"")
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        #expect(response.status == .ok)
        #expect(response.headers.first(name: "content-type") == "image/png")
        #expect(response.headers.first(name: "content-disposition") == "attachment; filename=\"a b.png\"")
        #expect(try await response.body.collect(upTo: 1 << 20) == sample(100_000))
    }

    @Test func expires() async throws {
        let yesterday = Earlier(by: .seconds(86_400))
        let store = S3BlobStore(try TestServer.settings(), clock: yesterday, logger: Logger(label: "test"))
        try await expectRefusal(store.presignedURL(key("t/a/source"), expiresIn: .seconds(60)))
    }

    @Test func isForItsObjectOnly() async throws {
        let store = try TestServer.store()
        try await store.write(key("t/a/source"), bytes: sample(10))
        try await store.write(key("t/b/source"), bytes: sample(10))
        let url = try store.presignedURL(key("t/a/source"), expiresIn: .seconds(60))
        try await expectRefusal(url.replacingOccurrences(of: "t/a/source", with: "t/b/source"))
        try await expectRefusal(url.replacingOccurrences(of: "X-Amz-Expires=60", with: "X-Amz-Expires=6000"))
    }

    @Test func containsNoSecret() throws {
        let settings = try TestServer.settings()
        let url = try TestServer.store(settings).presignedURL(key("t/a/source"), expiresIn: .seconds(60))
        #expect(!url.contains(settings.credentials.secretKey))
    }

    @Test(arguments: [(Duration.zero, 1), (.seconds(90), 90), (.seconds(10_000_000), 604_800)])
    func respectsTheMaximumLifetime(asked: Duration, seconds: Int) throws {
        let url = try TestServer.store().presignedURL(key("t/a/source"), expiresIn: asked)
        #expect(url.contains("X-Amz-Expires=\(seconds)&"))
    }

    private func expectRefusal(_ url: String) async throws {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        #expect(response.status == .forbidden)
        _ = try await response.body.collect(upTo: 1 << 20)
    }

    private struct Earlier: WallClock {
        let difference: Duration
        init(by difference: Duration) { self.difference = difference }
        func now() -> Timestamp { SystemClock().now() - difference }
    }
}
