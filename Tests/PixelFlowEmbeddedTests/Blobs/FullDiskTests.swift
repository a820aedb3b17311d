import Foundation
import NIOCore
import PixelFlowCore
import PixelFlowEmbedded
import Testing

@Suite(.enabled(if: TinyDisk.isPossible, "A tiny disk cannot be mounted here; that needs root."))
struct FullDiskTests {
    @Test func reportsAnOutageAndResumesWhenThereIsSpace() async throws {
        let disk = try TinyDisk()
        let store = try FileBlobStore(path: disk.path)
        let small = BlobKey(rawValue: "t/a/source")
        let large = BlobKey(rawValue: "t/b/source")
        try await store.write(small, bytes: ByteBuffer(repeating: 1, count: 700_000))

        let error = await #expect(throws: PixelFlowError.self) { try await store.write(large, bytes: bytes) }
        #expect(error?.retry == .outage)
        let streamed = await #expect(throws: PixelFlowError.self) { _ = try await store.write(large, from: stream()) }
        #expect(streamed?.retry == .outage)
        #expect(try await store.read(large, range: nil) == nil)
        #expect(try await store.keys(BlobKey(rawValue: "t")) == [small])
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path + "/.partial").isEmpty)
        #expect(try await store.read(small, range: nil)?.collect().readableBytes == 700_000)

        try await store.remove(small)
        #expect(try await store.write(large, from: stream()) == 600_000)
        #expect(try await store.read(large, range: nil)?.collect() == bytes)
        withExtendedLifetime(disk) {}
    }

    private var bytes: ByteBuffer { ByteBuffer(repeating: 2, count: 600_000) }

    private func stream() -> ByteStream {
        AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            for _ in 0..<6 { continuation.yield(ByteBuffer(repeating: 2, count: 100_000)) }
            continuation.finish()
        }
    }
}
