public import NIOCore

/// Bytes that are read as they arrive, never as a whole.
public struct ByteStream: AsyncSequence, Sendable {
    private let start: @Sendable () -> Iterator

    init(start: @escaping @Sendable () -> Iterator) { self.start = start }

    public init<Base: AsyncSequence & Sendable>(_ base: Base) where Base.Element == ByteBuffer {
        start = {
            var iterator = base.makeAsyncIterator()
            return Iterator { try await iterator.next() }
        }
    }

    /// A stream of one chunk.
    public init(_ bytes: ByteBuffer) {
        start = {
            var rest: ByteBuffer? = bytes
            return Iterator { rest.take() }
        }
    }

    /// Concatenates streams.
    static func joined(_ streams: [ByteStream]) -> ByteStream {
        ByteStream {
            var (index, current) = (0, streams.first?.makeAsyncIterator())
            return Iterator {
                while let iterator = current {
                    if let bytes = try await iterator.next() { return bytes }
                    index += 1
                    current = index < streams.count ? streams[index].makeAsyncIterator() : nil
                }
                return nil
            }
        }
    }

    /// The same bytes; reports progress as they are read.
    func reporting(total: Int64?, to progress: @escaping Progress) -> ByteStream {
        ByteStream { [self] in
            var done: Int64 = 0
            let iterator = makeAsyncIterator()
            return Iterator {
                guard let bytes = try await iterator.next() else { return nil }
                done += Int64(bytes.readableBytes)
                progress(TransferProgress(bytes: done, total: total))
                return bytes
            }
        }
    }

    public func makeAsyncIterator() -> Iterator { start() }

    public struct Iterator: AsyncIteratorProtocol {
        private let body: () async throws -> ByteBuffer?

        init(_ body: @escaping () async throws -> ByteBuffer?) { self.body = body }

        public func next() async throws -> ByteBuffer? { try await body() }
    }
}

/// The progress of an upload or a download.
public struct TransferProgress: Sendable, Hashable {
    /// Bytes from the start of the image. After a failed attempt, it falls back to where the next attempt starts.
    public let bytes: Int64
    /// Nil if unknown.
    public let total: Int64?
}

/// Called during a transfer by the task that performs it. Must not block.
public typealias Progress = @Sendable (TransferProgress) -> Void
