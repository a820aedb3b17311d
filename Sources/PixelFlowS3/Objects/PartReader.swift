import NIOCore
import PixelFlowCore

/// Gathers a stream into parts of one size; only the last may be smaller. Reads no further than asked.
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
                // Many streams end like any other when their reader is cancelled: that is not the end of the object.
                try Task.checkCancellation()
                isAtEnd = true
                break
            }
            if gathered.readableBytes == 0 { gathered = chunk } else { gathered.writeImmutableBuffer(chunk) }
        }
        guard let part = gathered.readSlice(length: min(size, gathered.readableBytes)), part.readableBytes > 0 else { return nil }
        // The rest is copied, so that a part does not keep the memory of its successor alive.
        gathered = ByteBuffer(bytes: gathered.readableBytesView)
        return part
    }
}
