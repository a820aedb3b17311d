import AsyncHTTPClient
import NIOCore
import PixelFlowCore

/// The bytes of an object as they arrive; can be read only once. Bytes that are not read are not fetched.
///
/// It yields all declared bytes or throws, so a truncated body is never mistaken for a smaller object.
struct ObjectBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let name: String
    let part: ObjectPart
    let transport: S3Transport

    func makeAsyncIterator() -> Iterator {
        Iterator(source: self, chunks: part.body.makeAsyncIterator(), position: part.range.lowerBound)
    }

    struct Iterator: AsyncIteratorProtocol {
        let source: ObjectBody
        var chunks: HTTPClientResponse.Body.AsyncIterator
        /// The offset of the next byte in the complete object.
        var position: Int
        /// Interruptions since the last received byte.
        var breaks = 0

        mutating func next() async throws -> ByteBuffer? {
            while true {
                do {
                    guard let chunk = try await nextChunk() else { return nil }
                    if chunk.readableBytes > 0 { return chunk }
                } catch {
                    if Task.isCancelled { throw CancellationError() }
                    try await goOn(after: error)
                }
            }
        }

        private mutating func nextChunk() async throws -> ByteBuffer? {
            let end = source.part.range.upperBound
            guard let chunk = try await chunks.next() else {
                guard position == end else { throw S3ProtocolError("a body that ends early") }
                return nil
            }
            position += chunk.readableBytes
            guard position <= end else {
                throw PixelFlowError.unavailable("blob_store", cause: S3ProtocolError("a body that is too long"))
            }
            if chunk.readableBytes > 0 { breaks = 0 }
            source.transport.metrics.recordRead(chunk.readableBytes)
            return chunk
        }

        private mutating func goOn(after error: any Error) async throws {
            let part = source.part
            guard S3Failure.isTransient(error), breaks < source.transport.timeouts.retries, let etag = part.etag,
                position < part.range.upperBound
            else { throw S3Failure.asPixelFlow(error) }
            breaks += 1
            let rest = try await source.transport.openPart(of: source.name, position..<part.range.upperBound, etag: etag)
            chunks = rest.body.makeAsyncIterator()
        }
    }
}
