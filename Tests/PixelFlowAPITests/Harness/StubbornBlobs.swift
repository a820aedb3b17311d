import NIOCore
import PixelFlowAPI
import PixelFlowCore
import Synchronization

/// A blob store from which nothing can be removed on request.
final class StubbornBlobs: BlobStore {
    private let base: any BlobStore
    private let isStubborn = Mutex(false)

    init(_ base: any BlobStore) { self.base = base }

    func setStubborn(_ value: Bool) { isStubborn.withLock { $0 = value } }

    private func removing<Value>(_ body: () async throws -> Value) async throws -> Value {
        if isStubborn.withLock({ $0 }) { throw PixelFlowError.unavailable("blob_store") }
        return try await body()
    }

    func remove(_ prefix: BlobKey) async throws { try await removing { try await base.remove(prefix) } }
    func keys(_ prefix: BlobKey) async throws -> [BlobKey] { try await removing { try await base.keys(prefix) } }

    func write(_ key: BlobKey, from stream: ByteStream) async throws -> Int { try await base.write(key, from: stream) }
    func write(_ key: BlobKey, bytes: ByteBuffer) async throws { try await base.write(key, bytes: bytes) }
    func read(_ key: BlobKey, range: Range<Int>?) async throws -> Blob? { try await base.read(key, range: range) }
    func taskPrefixes(after last: BlobKey?, limit: Int) async throws -> [BlobKey] { try await base.taskPrefixes(after: last, limit: limit) }
    func check() async throws { try await base.check() }
    func removeUnfinishedWrites(before time: Timestamp) async throws -> Int { try await base.removeUnfinishedWrites(before: time) }
}

extension APIHarness {
    /// Runs the service on a blob store that the test makes stubborn, with a client for a user.
    func runWithStubbornBlobs(_ test: @Sendable (APIClient, StubbornBlobs) async throws -> Void) async throws {
        let blobs = StubbornBlobs(blobs)
        var dependencies = dependencies
        dependencies.blobs = blobs
        try await run(dependencies) { try await test($0, blobs) }
    }
}
