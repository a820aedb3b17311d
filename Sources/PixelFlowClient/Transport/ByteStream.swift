public import NIOCore

/// Bytes that are read as they arrive, and never as a whole.
public struct ByteStream: AsyncSequence, Sendable {
    private let start: @Sendable () -> Iterator

    init(start: @escaping @Sendable () -> Iterator) { self.start = start }

    public init<Base: AsyncSequence & Sendable>(_ base: Base) where Base.Element == ByteBuffer {
        start = {
            var iterator = base.makeAsyncIterator()
            return Iterator { try await iterator.next() }
        }
    }

    /// One piece.
    public init(_ bytes: ByteBuffer) {
        start = {
            var rest: ByteBuffer? = bytes
            return Iterator { rest.take() }
        }
    }

    /// One stream after the other.
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

    /// The same bytes, told of as they are taken.
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

/// How far an upload or a download is.
public struct TransferProgress: Sendable, Hashable {
    /// Of the image, from its start. An attempt that has failed leads back to where the next one begins.
    public let bytes: Int64
    /// Nil if it is not known.
    public let total: Int64?
}

/// Called as bytes go, by the task that moves them: it must not block.
public typealias Progress = @Sendable (TransferProgress) -> Void
