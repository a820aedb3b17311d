package import NIOCore
package import PixelFlowCore

/// The objects of the embedded mode: large ones as files, small ones in the task database.
package struct EmbeddedBlobStore: BlobStore {
    /// Up to this size, SQLite is faster than a separate file; see `make bench`.
    package static let smallBytes = 64 * 1024

    private let files: FileBlobStore
    private let small: SmallObjects

    package init(files: FileBlobStore, tasks: SQLiteTaskStore) {
        self.files = files
        self.small = SmallObjects(store: tasks)
    }

    package func write(_ key: BlobKey, bytes: ByteBuffer) async throws {
        let path = try BlobPath(object: key)
        if bytes.readableBytes > Self.smallBytes {
            try await files.write(key, bytes: bytes)
            try await small.remove(path)
        } else {
            try await files.requireRoom(bytes.readableBytes, for: .task)
            try await small.write(path, bytes)
        }
    }

    package func write(_ key: BlobKey, from stream: ByteStream) async throws -> Int {
        var beginning = ByteBuffer()
        var iterator = stream.makeAsyncIterator()
        while beginning.readableBytes <= Self.smallBytes {
            guard let chunk = try await iterator.next() else {
                // Many streams end normally when their reader is cancelled, which must not look like the end of the object.
                try Task.checkCancellation()
                try await write(key, bytes: beginning)
                return beginning.readableBytes
            }
            beginning.writeImmutableBuffer(chunk)
        }
        let size = try await files.write(key, from: ContinuedStream(beginning: beginning, rest: iterator))
        try await small.remove(BlobPath(object: key))
        return size
    }

    package func read(_ key: BlobKey, range: Range<Int>?) async throws -> Blob? {
        guard let bytes = try await small.read(BlobPath(object: key)) else { return try await files.read(key, range: range) }
        let wanted = (range ?? 0..<bytes.readableBytes).clamped(to: 0..<bytes.readableBytes)
        let slice = bytes.getSlice(at: bytes.readerIndex + wanted.lowerBound, length: wanted.count) ?? ByteBuffer()
        return Blob(size: bytes.readableBytes, range: wanted, body: SingleChunk(chunk: slice))
    }

    package func remove(_ prefix: BlobKey) async throws {
        try await small.remove(BlobPath(prefix))
        try await files.remove(prefix)
    }

    package func keys(_ prefix: BlobKey) async throws -> [BlobKey] {
        let all = Set(try await small.keys(BlobPath(prefix))).union(try await files.keys(prefix))
        return all.sorted { $0.rawValue < $1.rawValue }
    }

    package func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey] {
        let all = Set(try await small.taskPrefixes(after: previous, limit: limit))
            .union(try await files.taskPrefixes(after: previous, limit: limit))
        return Array(all.sorted { $0.rawValue < $1.rawValue }.prefix(limit))
    }

    package func check() async throws { try await files.check() }

    package func requireRoom() async throws { try await files.requireRoom() }

    package func removeUnfinishedWrites(before time: Timestamp) async throws -> Int {
        try await files.removeUnfinishedWrites(before: time)
    }
}

/// The mark of the files. Small objects are in the task database, which has its own mark.
extension EmbeddedBlobStore: InstallationRecord {
    package func installationMark() async throws -> InstallationMark? { try await files.installationMark() }

    package func setInstallationMark(_ mark: InstallationMark, replacing old: InstallationMark?) async throws -> Bool {
        try await files.setInstallationMark(mark, replacing: old)
    }

    package func holdsData() async throws -> Bool { try await files.holdsData() }
}

/// A stream whose beginning has already been read.
///
/// `@unchecked Sendable`: only the task that has read the beginning continues to read it, once.
private final class ContinuedStream: AsyncSequence, AsyncIteratorProtocol, @unchecked Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    private var beginning: ByteBuffer?
    private var rest: any AsyncIteratorProtocol<ByteBuffer, any Error>

    init(beginning: ByteBuffer, rest: any AsyncIteratorProtocol<ByteBuffer, any Error>) {
        self.beginning = beginning
        self.rest = rest
    }

    func makeAsyncIterator() -> ContinuedStream { self }

    func next() async throws -> ByteBuffer? {
        if let chunk = beginning {
            beginning = nil
            return chunk
        }
        return try await rest.next(isolation: nil)
    }
}

/// A stream of one chunk; empty if the chunk is empty.
private struct SingleChunk: AsyncSequence, AsyncIteratorProtocol, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    var chunk: ByteBuffer

    func makeAsyncIterator() -> SingleChunk { self }

    mutating func next() async throws -> ByteBuffer? {
        guard chunk.readableBytes > 0 else { return nil }
        defer { chunk.clear() }
        return chunk
    }
}
