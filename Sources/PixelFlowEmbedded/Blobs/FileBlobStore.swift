import Files
import Foundation
package import NIOCore
import NIOPosix
package import PixelFlowCore
import Synchronization

/// Objects as files below one folder.
///
/// A file is written under a temporary name, synced and renamed, then its folder is synced.
/// So an object exists completely or not at all, even after a crash. `tenant/task/1/2/name` is stored in
/// the folder `tenant/task` as `1~2~name`, so each object costs two syncs, regardless of the depth of its key.
package final class FileBlobStore: BlobStore {
    let root: String
    let partial: String
    private let reserve: DiskReserve?
    private let threads: NIOThreadPool
    private let listing: Mutex<TaskListing>

    /// Opens or creates the store at `path`, and removes unfinished writes of earlier runs. Only
    /// one process may open it at a time.
    ///
    /// - Parameters:
    ///   - reserve: the space to keep free on the disk; nil for none.
    ///   - threads: the maximum number of concurrent blocking file operations.
    ///   - window: the number of names of a folder that `taskPrefixes` keeps from one page to the next.
    /// - Throws: `PixelFlowError` with the path of the folder.
    package init(path: String, reserve: DiskReserve? = nil, threads: Int = 8, window: Int = 50_000) throws {
        self.root = path
        self.reserve = reserve
        self.partial = path + "/.partial"
        listing = Mutex(TaskListing(root: path, window: window))
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            if FileManager.default.fileExists(atPath: partial) { try FileManager.default.removeItem(atPath: partial) }
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: false)
        } catch {
            throw PixelFlowError(
                .unavailable, code: "blob_store_unusable", "The folder \(path) cannot be used for objects.", retry: .outage, cause: error)
        }
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.threads.start()
    }

    deinit {
        threads.shutdownGracefully { _ in }
    }

    package func write(_ key: BlobKey, bytes: ByteBuffer) async throws {
        let path = try BlobPath(object: key)
        try await blocking {
            try self.reserve?.require(bytes.readableBytes, for: .task)
            let file = try PartialFile(in: self.partial)
            try file.append(bytes)
            try file.commit(to: path, below: self.root)
        }
    }

    package func write(_ key: BlobKey, from stream: ByteStream) async throws -> Int {
        let path = try BlobPath(object: key)
        let file = try await blocking { try PartialFile(in: self.partial) }
        do {
            return try await write(stream, to: file, at: path)
        } catch {
            // Not left to `deinit`: the thread that wrote last may keep `file` alive a little longer than this call.
            file.discard()
            throw error
        }
    }

    private func write(_ stream: ByteStream, to file: PartialFile, at path: BlobPath) async throws -> Int {
        var gathered = ByteBuffer()
        var size = 0
        for try await chunk in stream {
            size += chunk.readableBytes
            gathered.writeImmutableBuffer(chunk)
            guard gathered.readableBytes >= Self.chunkBytes else { continue }
            let full = gathered
            gathered.clear()
            // Concurrent uploads may all have found enough space when they started.
            try await blocking {
                try self.reserve?.require(full.readableBytes, for: .upload)
                try file.append(full)
            }
        }
        // Many streams end normally when their reader is cancelled, which must not look like the end of the object.
        try Task.checkCancellation()
        let rest = gathered
        try await blocking {
            try self.reserve?.require(rest.readableBytes, for: .upload)
            try file.append(rest)
            try file.commit(to: path, below: self.root)
        }
        return size
    }

    package func read(_ key: BlobKey, range: Range<Int>?) async throws -> Blob? {
        let path = try BlobPath(key)
        return try await blocking {
            guard let file = try ReadableFile(path: self.root + "/" + path.relative) else { return nil }
            let wanted = (range ?? 0..<file.size).clamped(to: 0..<file.size)
            let first = try file.bytes(wanted.prefix(Self.chunkBytes))
            let rest = wanted.dropFirst(Self.chunkBytes)
            return Blob(size: file.size, range: wanted, body: FileByteStream(first: first, rest: rest, file: file, store: self))
        }
    }

    package func remove(_ prefix: BlobKey) async throws {
        let path = try BlobPath(prefix)
        try await blocking { try path.removeAll(below: self.root) }
    }

    package func keys(_ prefix: BlobKey) async throws -> [BlobKey] {
        let path = try BlobPath(prefix)
        return try await blocking { try path.keys(below: self.root) }
    }

    package func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey] {
        try await blocking {
            try self.listing.withLock { try $0.page(after: previous, limit: limit) }
        }
    }

    package func check() async throws {
        try await blocking { try PartialFile(in: self.partial).append(ByteBuffer(string: "ok")) }
    }

    package func requireRoom() async throws { try await requireRoom(0, for: .upload) }

    func requireRoom(_ size: Int, for purpose: DiskReserve.Purpose) async throws {
        guard let reserve else { return }
        try await blocking { try reserve.require(size, for: purpose) }
    }

    /// Finds writes of this process that hang; `init` has already removed the files of writes that a crash interrupted.
    package func removeUnfinishedWrites(before time: Timestamp) async throws -> Int {
        try await blocking {
            var removed = 0
            for name in try FileManager.default.contentsOfDirectory(atPath: self.partial) {
                let path = self.partial + "/" + name
                var status = stat()
                guard stat(path, &status) == 0, Timestamp(status.st_mtim) < time else { continue }
                try unlinkIfThere(path)
                removed += 1
            }
            return removed
        }
    }

    /// Bytes per read or write.
    static let chunkBytes = 256 * 1024

    /// Runs `body` on a thread that may block, and converts file system errors to an outage of the store.
    func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        do {
            return try await threads.runIfActive(body)
        } catch let error as PixelFlowError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as FileError where error.isLackOfRoom {
            throw PixelFlowError.insufficientStorage(cause: error)
        } catch {
            throw PixelFlowError.unavailable("blob_store", cause: error)
        }
    }
}

extension Timestamp {
    fileprivate init(_ time: timespec) {
        self.init(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

extension Range<Int> {
    fileprivate func prefix(_ count: Int) -> Range<Int> { lowerBound..<Swift.min(upperBound, lowerBound + count) }
    fileprivate func dropFirst(_ count: Int) -> Range<Int> { Swift.min(upperBound, lowerBound + count)..<upperBound }
}

/// The bytes of a file, read in chunks on demand.
private struct FileByteStream: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let first: ByteBuffer
    let rest: Range<Int>
    let file: ReadableFile
    let store: FileBlobStore

    func makeAsyncIterator() -> Iterator { Iterator(first: first, rest: rest, file: file, store: store) }

    struct Iterator: AsyncIteratorProtocol {
        var first: ByteBuffer?
        var rest: Range<Int>
        let file: ReadableFile
        let store: FileBlobStore

        mutating func next() async throws -> ByteBuffer? {
            if let chunk = first, chunk.readableBytes > 0 {
                first = nil
                return chunk
            }
            guard !rest.isEmpty else { return nil }
            let wanted = rest.prefix(FileBlobStore.chunkBytes)
            rest = rest.dropFirst(FileBlobStore.chunkBytes)
            let file = file
            return try await store.blocking { try file.bytes(wanted) }
        }
    }
}
