import Conformance
import Deadlines
import FaultProxy
import Foundation
import Logging
import NIOCore
import PixelFlowCore
import Testing

@testable import PixelFlowS3

/// The real server behind a failing network.
@Suite(.enabled(if: TestServer.isThere, TestServer.hint))
struct OutageTests {
    private func withProxy(
        timeouts: (inout S3Timeouts) -> Void = { _ in }, _ body: (FaultProxy, S3BlobStore) async throws -> Void
    ) async throws {
        let server = try TestServer.address()
        let proxy = try await FaultProxy.start(to: server.host, port: server.port)
        var settings = try TestServer.settings(endpoint: "http://127.0.0.1:\(proxy.port)")
        timeouts(&settings.timeouts)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(proxy, try TestServer.store(settings))) } catch { outcome = .failure(error) }
        try await proxy.stop()
        try outcome.get()
    }

    /// Compares the first line only, because a request may be megabytes long.
    private static func begins(with text: String) -> @Sendable (ByteBuffer) -> Bool {
        { $0.getString(at: $0.readerIndex, length: min(300, $0.readableBytes))?.prefix { $0 != "\r\n" }.contains(text) == true }
    }

    @Test func recoversWhenTheServerIsBack() async throws {
        try await withProxy { proxy, store in
            try await store.write(key("t/a/source"), bytes: sample(1000))
            try await proxy.refuseConnections()
            await proxy.cutConnections()
            for _ in 0..<6 {
                let error = await #expect(throws: PixelFlowError.self) { try await store.write(key("t/b/source"), bytes: sample(10)) }
                #expect(error?.retry == .outage)
                await #expect(throws: PixelFlowError.self) { try await store.check() }
            }
            try await store.prepare()
            try await proxy.acceptConnections()
            _ = try await eventually("the store to be in order again") { try? await store.check() }
            try await store.write(key("t/b/source"), bytes: sample(10))
            #expect(try await store.keys(key("t")).count == 2)
        }
    }

    @Test func opensBeforeTheServerResponds() async throws {
        let proxy = try await FaultProxy.start(to: TestServer.address().host, port: TestServer.address().port)
        try await proxy.refuseConnections()
        let store = try TestServer.store(TestServer.settings(endpoint: "http://127.0.0.1:\(proxy.port)"))
        try await store.prepare()
        try await proxy.acceptConnections()
        _ = try await eventually("the store to be in order") { try? await store.check() }
        try await proxy.stop()
    }

    @Test func aWriteWithALostReplyHappensOnce() async throws {
        try await withProxy { proxy, store in
            let cut = proxy.cutReplies(matching: Self.begins(with: "PUT "))
            try await store.write(key("t/a/source"), bytes: sample(100_000))
            try await cut.done()
            #expect(try await store.read(key("t/a/source"), range: nil)?.collect() == sample(100_000))
            #expect(try await store.keys(key("t")).count == 1)
        }
    }

    /// A worker that has lost its task removes what it wrote; a write that arrived after the removal would remain.
    @Test func aCancelledWriteIsVisibleBeforeItReturns() async throws {
        try await withProxy { proxy, store in
            proxy.setLatency(.milliseconds(300))
            let write = Task { try await store.write(key("t/a/source"), bytes: sample(1000)) }
            _ = try await eventually("the request to be on its way") { proxy.connections > 0 ? () : nil }
            write.cancel()
            try await write.value("the write to end")
            proxy.restore()
            #expect(try await store.keys(key("t")) == [key("t/a/source")])
        }
    }

    /// The three calls that make up an upload.
    @Test(arguments: ["?uploads=", "?partNumber=2", "?uploadId="])
    func anUploadWithLostRepliesIsComplete(request: String) async throws {
        try await withProxy { proxy, store in
            let whole = sample(S3BlobStore.partBytes * 2 + 5)
            let cut = proxy.cutReplies(matching: Self.begins(with: request))
            let written = try await store.write(key("t/a/source"), from: stream(whole))
            #expect(written == whole.readableBytes)
            try await cut.done()
            let read = try await store.read(key("t/a/source"), range: nil)?.collect()
            #expect(read == whole)
        }
    }

    @Test func timesOutWithoutAResponse() async throws {
        try await withProxy(timeouts: {
            $0.readTimeout = .seconds(1)
            $0.retries = 1
        }) { proxy, store in
            try await store.write(key("t/a/source"), bytes: sample(10))
            proxy.setBlackHole(true)
            let error = try await within(.seconds(10), "an end of the wait") {
                await #expect(throws: PixelFlowError.self) { try await store.write(key("t/b/source"), bytes: sample(10)) }
            }
            #expect(error?.code == "blob_store_unavailable")
            proxy.restore()
            _ = try await eventually("the store to be in order again") { try? await store.check() }
        }
    }

    @Test func resumesReadingAfterABrokenConnection() async throws {
        try await withProxy { proxy, store in
            let whole = sample(6 * 1024 * 1024)
            try await store.write(key("t/a/source"), bytes: whole)
            let blob = try #require(try await store.read(key("t/a/source"), range: nil))
            var read = ByteBuffer()
            var cuts = 0
            // bounded: by the store's own timeouts with a silent server.
            for try await chunk in blob.body {
                read.writeImmutableBuffer(chunk)
                if cuts < 2, (cuts + 1) * 1024 * 1024 < read.readableBytes {
                    cuts += 1
                    await proxy.cutConnections()
                }
            }
            #expect(cuts == 2)
            #expect(read == whole)
        }
    }

    /// A client of the API may read as slowly as it likes.
    @Test func waitsForASlowReader() async throws {
        try await withProxy(timeouts: {
            $0.readTimeout = .seconds(2)
        }) { _, store in
            let whole = sample(8 * 1024 * 1024)
            try await store.write(key("t/a/source"), bytes: whole)
            let blob = try #require(try await store.read(key("t/a/source"), range: nil))
            var chunks = blob.body.makeAsyncIterator()
            var read = try await chunks.next("a chunk") ?? ByteBuffer()
            // Longer than the server may be silent.
            try await Task.sleep(for: .milliseconds(2500))
            while let chunk = try await chunks.next("a chunk") { read.writeImmutableBuffer(chunk) }
            #expect(read == whole)
        }
    }

    @Test func aWrongKeyIsReported() async throws {
        var environment = TestServer.credentials
        environment["PIXELFLOW_S3_ACCESS_KEY"] = TestServer.credentials["PIXELFLOW_S3_ACCESS_KEY"] ?? environment["AWS_ACCESS_KEY_ID"]
        environment["PIXELFLOW_S3_SECRET_KEY"] = "not-the-secret"
        for accessKey in [environment["PIXELFLOW_S3_ACCESS_KEY"], "nobody"] {
            environment["PIXELFLOW_S3_ACCESS_KEY"] = accessKey
            let store = try TestServer.store(TestServer.settings(environment: environment))
            let error = await #expect(throws: PixelFlowError.self) { try await store.prepare() }
            #expect(error?.code == "blob_store_refused")
            #expect(error.map { !"\($0)".contains("not-the-secret") } == true)
        }
    }

    @Test func aMissingBucketIsNotAMissingObject() async throws {
        var settings = try TestServer.settings(bucket: "no-such-bucket-here")
        settings.createsBucket = false
        let store = try TestServer.store(settings)
        for range in [nil, 0..<0, 0..<10] {
            let error = await #expect(throws: PixelFlowError.self) { try await store.read(key("t/a/source"), range: range) }
            #expect(error?.code == "blob_store_refused")
        }
    }
}
