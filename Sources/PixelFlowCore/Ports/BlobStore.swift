package import NIOCore

/// The address of an object: `tenant/task/…`, written once, never changed.
package struct BlobKey: Sendable, Hashable, Codable, RawRepresentable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
    package init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
    package var description: String { rawValue }

    /// The prefix of everything a task stores.
    package static func task(_ task: TaskID, tenant: TenantID) -> BlobKey {
        BlobKey(rawValue: "\(tenant)/\(task)")
    }

    /// The task of a prefix created by `task(_:tenant:)`.
    package var taskOfPrefix: TaskID? {
        rawValue.split(separator: "/").dropFirst().first.flatMap { TaskID(parsing: String($0)) }
    }

    /// An uploaded source.
    package static func upload(_ task: TaskID, tenant: TenantID) -> BlobKey {
        BlobKey(rawValue: "\(tenant)/\(task)/source")
    }

    /// The prefix of all runs of one generation.
    package static func generation(_ task: TaskRecord) -> BlobKey {
        BlobKey(rawValue: "\(task.tenant)/\(task.id)/\(task.generation)")
    }

    /// The prefix of one run: immutable, because no two runs share an epoch.
    package static func run(_ task: TaskRecord) -> BlobKey {
        BlobKey(rawValue: "\(generation(task))/\(task.epoch)")
    }

    /// An output of one run.
    package static func output(_ name: String, of task: TaskRecord) -> BlobKey {
        BlobKey(rawValue: "\(run(task))/\(name)")
    }

    /// A source that one run has fetched. No output can have this name, for names hold no dot.
    package static func fetchedSource(of task: TaskRecord) -> BlobKey {
        BlobKey(rawValue: "\(run(task))/source.fetched")
    }
}

/// A stream of bytes.
package typealias ByteStream = any AsyncSequence<ByteBuffer, any Error> & Sendable

/// Stores sources and outputs.
///
/// An object exists completely or not at all. Once `write` has returned, it survives a crash of the
/// process and, at the latest after the next `create` or `complete` of the accompanying task store, a
/// crash of the machine. What a write that was cancelled has begun does not appear after it has returned.
package protocol BlobStore: Sendable {
    /// Stores the whole stream under `key`. If the stream throws, nothing is stored.
    ///
    /// - Returns: the number of bytes.
    /// - Throws: what the stream throws, or `PixelFlowError` with `retry == .outage`.
    func write(_ key: BlobKey, from stream: ByteStream) async throws -> Int
    /// Stores `bytes` under `key`.
    func write(_ key: BlobKey, bytes: ByteBuffer) async throws
    /// Opens an object; `range` is clamped to its size.
    ///
    /// - Returns: nil if the object does not exist.
    func read(_ key: BlobKey, range: Range<Int>?) async throws -> Blob?
    /// Removes the object `prefix` and every object below `prefix/`. A missing object is not an error.
    func remove(_ prefix: BlobKey) async throws
    /// The keys of all objects at or below `prefix`, sorted.
    func keys(_ prefix: BlobKey) async throws -> [BlobKey]
    /// Which tasks have objects: their prefixes, sorted, from after `previous` on.
    func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey]
    /// Returns if the backend is healthy, throws if not.
    func check() async throws
    /// Returns if there is enough space for uploads.
    ///
    /// - Throws: `insufficient_storage` below the low-water mark. Reading, removing and storing outputs of accepted tasks still work.
    func requireRoom() async throws
    /// Takes back writes that began before `time` and neither ended nor failed: their process has died, or they hang.
    ///
    /// - Returns: how many.
    @discardableResult func removeUnfinishedWrites(before time: Timestamp) async throws -> Int
}

extension BlobStore {
    /// A store that does not know how much room it has refuses when it is full.
    package func requireRoom() async throws {}
}

/// An object that has been opened.
package struct Blob: Sendable {
    /// Of the whole object.
    package var size: Int
    /// Of the bytes in `body`.
    package var range: Range<Int>
    package var body: ByteStream

    package init(size: Int, range: Range<Int>, body: ByteStream) {
        self.size = size
        self.range = range
        self.body = body
    }

    /// All bytes of the body at once.
    package func collect() async throws -> ByteBuffer {
        var all = ByteBuffer()
        all.reserveCapacity(range.count)
        for try await chunk in body { all.writeImmutableBuffer(chunk) }
        return all
    }
}
