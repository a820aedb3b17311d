import NIOCore
import PixelFlowCore

/// Sample objects.
extension BlobStoreConformance {
    /// Bytes that differ at every position, so that a shift by one is detected.
    func sample(_ count: Int, seed: Int = 0) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeRepeatingByte(0, count: count)
        buffer.withUnsafeMutableReadableBytes { bytes in
            var state = UInt32(truncatingIfNeeded: seed &* 2_654_435_761 &+ 12_345)
            for index in bytes.indices {
                state = state &* 1_664_525 &+ 1_013_904_223
                bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
            }
        }
        return buffer
    }

    func key(_ text: String) -> BlobKey { BlobKey(rawValue: text) }

    /// The whole object, or its part `range`; nil if it does not exist.
    func content(_ key: String, _ range: Range<Int>? = nil) async throws -> ByteBuffer? {
        guard let blob = try await store.read(self.key(key), range: range) else { return nil }
        let bytes = try await blob.collect()
        try requireEqual(bytes.readableBytes, blob.range.count, "length of the body of \(key)")
        return bytes
    }

    /// A stream of `chunks` that then ends or throws `error`.
    func stream(_ chunks: [ByteBuffer], then error: (any Error)? = nil) -> ByteStream {
        AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            for chunk in chunks { continuation.yield(chunk) }
            continuation.finish(throwing: error)
        }
    }

    struct Interruption: Error {}
}
