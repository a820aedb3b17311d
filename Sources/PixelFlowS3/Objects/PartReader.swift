import NIOCore
import PixelFlowCore

/// Collects a stream into parts of equal size; only the last one may be smaller. Reads only on demand.
struct PartReader {
    private var chunks: any AsyncIteratorProtocol<ByteBuffer, any Error>
    private let size: Int
    private var gathered = ByteBuffer()
    private var isAtEnd = false

    init(_ stream: ByteStream, size: Int) {
        chunks = stream.makeAsyncIterator()
        self.size = size
    }

    /// - Returns: nil after the last part.
    mutating func next() async throws -> ByteBuffer? {
        while !isAtEnd, gathered.readableBytes < size {
            guard let chunk = try await chunks.next(isolation: nil) else {
                // Many streams end normally when their reader is cancelled, which must not look like the end of the object.
                try Task.checkCancellation()
                isAtEnd = true
                break
            }
            if gathered.readableBytes == 0 { gathered = chunk } else { gathered.writeImmutableBuffer(chunk) }
        }
        guard let part = gathered.readSlice(length: min(size, gathered.readableBytes)), part.readableBytes > 0 else { return nil }
        // Copy the rest, so that it does not keep the buffer of the returned part alive.
        gathered = ByteBuffer(bytes: gathered.readableBytesView)
        return part
    }
}
