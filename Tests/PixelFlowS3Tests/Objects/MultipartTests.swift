import Conformance
import Deadlines
import FaultProxy
import Foundation
import NIOCore
import PixelFlowCore
import Testing

@testable import PixelFlowS3

/// Objects that are uploaded in parts.
@Suite(.enabled(if: TestServer.isThere, TestServer.hint))
struct MultipartTests {
    static let part = S3BlobStore.partBytes

    @Test(arguments: [part - 1, part, part + 1, 2 * part, 20 * 1024 * 1024 + 17])
    func storesAnySize(size: Int) async throws {
        let store = try TestServer.store()
        let whole = sample(size)
        #expect(try await store.write(key("t/a/streamed"), from: stream(whole)) == size)
        try await store.write(key("t/a/bytes"), bytes: whole)
        for name in ["t/a/streamed", "t/a/bytes"] {
            let blob = try #require(try await store.read(key(name), range: nil))
            #expect(blob.size == size)
            #expect(try await blob.collect() == whole)
        }
        #expect(try await uploads(store) == [])
    }

    @Test func readsAcrossParts() async throws {
        let store = try TestServer.store()
        let whole = sample(2 * Self.part + 100)
        try await store.write(key("t/a/source"), bytes: whole)
        let edges = [0, 1, Self.part - 1, Self.part, Self.part + 1, 2 * Self.part, whole.readableBytes]
        for lower in edges {
            for upper in edges where upper > lower {
                let blob = try #require(try await store.read(key("t/a/source"), range: lower..<upper))
                #expect(blob.range == lower..<upper)
                #expect(try await blob.collect() == whole.getSlice(at: lower, length: upper - lower), "\(lower)..<\(upper)")
            }
        }
    }

    @Test func removesThePartsOfABrokenStream() async throws {
        let store = try TestServer.store()
        await #expect(throws: Interruption.self) {
            try await store.write(key("t/a/source"), from: stream(sample(15 * 1024 * 1024), then: Interruption()))
        }
        #expect(try await store.read(key("t/a/source"), range: nil) == nil)
        #expect(try await store.keys(key("t")) == [])
        #expect(try await uploads(store) == [])
    }

    @Test func aCancelledWriteRemovesItsParts() async throws {
        let store = try TestServer.store()
        let (chunks, sink) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        for _ in 0..<20 { sink.yield(sample(1024 * 1024)) }
        let write = Task { try await store.write(key("t/a/source"), from: chunks) }
        _ = try await eventually("an upload to be seen") { try await uploads(store).isEmpty ? nil : true }
        write.cancel()
        await #expect(throws: (any Error).self) { try await write.value("the write to end") }
        #expect(try await uploads(store) == [])
        #expect(try await store.keys(key("t")) == [])
    }

    @Test func aWriteCancelledBeforeItsUploadIdArrivesAbortsIt() async throws {
        let server = try TestServer.address()
        let proxy = try await FaultProxy.start(to: server.host, port: server.port)
        let prefix = "test-\(UUIDv7.make())"
        let direct = try TestServer.store(TestServer.settings(prefix: prefix))
        let distant = try TestServer.store(TestServer.settings(prefix: prefix, endpoint: "http://127.0.0.1:\(proxy.port)"))
        proxy.setLatency(.seconds(1))
        let write = Task { try await distant.write(key("t/a/source"), from: stream(sample(20 * 1024 * 1024))) }
        // The server has the upload; its response is still on the way.
        _ = try await eventually("an upload to be seen") { try await uploads(direct).isEmpty ? nil : true }
        write.cancel()
        await #expect(throws: (any Error).self) { try await write.value("the write to end") }
        #expect(try await uploads(direct) == [])
        try await proxy.stop()
    }

    @Test func isInvisibleUntilItIsComplete() async throws {
        let store = try TestServer.store()
        let (chunks, sink) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        let write = Task { try await store.write(key("t/a/source"), from: chunks) }
        for _ in 0..<17 { sink.yield(sample(1024 * 1024)) }
        _ = try await eventually("an upload to be seen") { try await uploads(store).isEmpty ? nil : true }
        #expect(try await store.read(key("t/a/source"), range: nil) == nil)
        #expect(try await store.keys(key("t")) == [])
        sink.finish()
        #expect(try await write.value("the write") == 17 * 1024 * 1024)
        #expect(try await store.keys(key("t")) == [key("t/a/source")])
    }

    @Test func removesPartsOfADeadProcess() async throws {
        let store = try TestServer.store()
        for name in ["t/a/source", "t/b/source"] { _ = try await MultipartUpload.begin(store.names.object(key(name)), store.transport) }
        #expect(try await uploads(store).count == 2)
        let now = SystemClock().now()
        #expect(try await store.removeUnfinishedWrites(before: now - .seconds(3600)) == 0)
        #expect(try await store.removeUnfinishedWrites(before: now + .seconds(3600)) == 2)
        #expect(try await uploads(store) == [])
    }

    /// The keys of uploads that are neither completed nor aborted.
    private func uploads(_ store: S3BlobStore) async throws -> [String] {
        let request = S3Request(.listMultipartUploads, query: [("uploads", ""), ("prefix", store.names.prefix)])
        return try await store.transport.call(request) { try $0.document().all("Upload").compactMap { $0["Key"] } }
    }
}
