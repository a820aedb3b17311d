import NIOCore
import PixelFlowCore
import Synchronization

/// A blob store that a test can make fail.
final class FaultyBlobStore: BlobStore {
    enum Fault: Sendable { case reading, writing }

    private let base: any BlobStore
    private let faults = Mutex<[Fault: Int]>([:])

    init(_ base: any BlobStore) { self.base = base }

    /// Makes the next `count` calls of this kind fail.
    func fail(_ fault: Fault, times count: Int) { faults.withLock { $0[fault] = count } }

    private func check(_ fault: Fault) throws {
        let isDown = faults.withLock { faults in
            guard let left = faults[fault], left > 0 else { return false }
            faults[fault] = left - 1
            return true
        }
        if isDown { throw PixelFlowError.unavailable("blob_store") }
    }

    func write(_ key: BlobKey, from stream: ByteStream) async throws -> Int {
        try check(.writing)
        return try await base.write(key, from: stream)
    }

    func write(_ key: BlobKey, bytes: ByteBuffer) async throws {
        try check(.writing)
        try await base.write(key, bytes: bytes)
    }

    func read(_ key: BlobKey, range: Range<Int>?) async throws -> Blob? {
        try check(.reading)
        return try await base.read(key, range: range)
    }

    func remove(_ prefix: BlobKey) async throws { try await base.remove(prefix) }
    func keys(_ prefix: BlobKey) async throws -> [BlobKey] { try await base.keys(prefix) }
    func taskPrefixes(after last: BlobKey?, limit: Int) async throws -> [BlobKey] { try await base.taskPrefixes(after: last, limit: limit) }
    func check() async throws { try await base.check() }
    func removeUnfinishedWrites(before time: Timestamp) async throws -> Int { try await base.removeUnfinishedWrites(before: time) }
}
