import Crypto
import NIOCore
import PixelFlowCore
import Synchronization

/// Counts and hashes a stream while it is being read, and fails once it is too long.
struct MeasuredStream<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let base: Base
    let measure: StreamMeasure

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), measure: measure) }

    struct Iterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let measure: StreamMeasure

        mutating func next() async throws -> ByteBuffer? {
            guard let chunk = try await base.next() else { return nil }
            try measure.add(chunk)
            return chunk
        }
    }
}

/// The measurements of a `MeasuredStream`.
final class StreamMeasure: Sendable {
    private let state = Mutex((count: 0, hash: SHA256()))
    private let limit: Int
    private let ticket: UploadAdmission.Ticket

    /// - Parameters:
    ///   - limit: bytes; one more throws `body_too_large`.
    ///   - ticket: whose upload it is.
    init(limit: Int, ticket: UploadAdmission.Ticket) {
        self.limit = limit
        self.ticket = ticket
    }

    func add(_ chunk: ByteBuffer) throws {
        let count = state.withLock { state in
            state.count += chunk.readableBytes
            chunk.withUnsafeReadableBytes { state.hash.update(bufferPointer: $0) }
            return state.count
        }
        guard count <= limit else {
            throw PixelFlowError(.tooLarge, code: "body_too_large", "The image is larger than \(limit) bytes.")
        }
        try ticket.add(chunk.readableBytes)
    }

    var bytes: Int { state.withLock(\.count) }
    /// Lower-case hexadecimal.
    var sha256: String { state.withLock { $0.hash.finalize().hexadecimal } }
}
