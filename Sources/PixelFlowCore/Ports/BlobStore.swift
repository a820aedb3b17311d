package import NIOCore
import WireFormats

/// The key of an object: `tenant/task/…`. Objects are immutable.
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

    /// The prefix of one run. Its objects are immutable, because epochs are unique.
    package static func run(_ task: TaskRecord) -> BlobKey {
        BlobKey(rawValue: "\(generation(task))/\(task.epoch)")
    }

    /// An output of one run.
    package static func output(_ name: String, of task: TaskRecord) -> BlobKey {
        BlobKey(rawValue: "\(run(task))/\(name)")
    }

    /// A source that one run has fetched. Cannot conflict with outputs, because their names contain no dot.
    package static func fetchedSource(of task: TaskRecord) -> BlobKey {
        BlobKey(rawValue: "\(run(task))/source.fetched")
    }
}

/// A stream of bytes.
package typealias ByteStream = any AsyncSequence<ByteBuffer, any Error> & Sendable

/// Stores sources and outputs.
///
/// An object exists completely or not at all. After `write` returns, the object survives a crash of the
/// process, and, at the latest after the next `create` or `complete` of the corresponding task store, a
/// crash of the machine. After a cancelled `write` has returned, its object does not appear any more.
package protocol BlobStore: Sendable {
    /// Stores the complete stream under `key`. If the stream throws, nothing is stored.
    ///
    /// - Returns: the number of bytes.
    /// - Throws: the errors of the stream, or `PixelFlowError` with `retry == .outage`.
    func write(_ key: BlobKey, from stream: ByteStream) async throws -> Int
    /// Stores `bytes` under `key`.
    func write(_ key: BlobKey, bytes: ByteBuffer) async throws
    /// Opens an object; `range` is clamped to its size.
    ///
    /// - Returns: nil if the object does not exist.
    func read(_ key: BlobKey, range: Range<Int>?) async throws -> Blob?
    /// Removes the object `prefix` and all objects below `prefix/`. A missing object is not an error.
    func remove(_ prefix: BlobKey) async throws
    /// The keys of all objects at or below `prefix`, sorted.
    func keys(_ prefix: BlobKey) async throws -> [BlobKey]
    /// The prefixes of tasks with objects, sorted, starting after `previous`. Those that were stored since the first page, which has no
    /// `previous`, may be missing.
    func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey]
    /// Returns if the backend is healthy, otherwise throws.
    func check() async throws
    /// Returns if there is enough space for uploads.
    ///
    /// - Throws: `insufficient_storage` below the low-water mark. Reading, removing and storing outputs of accepted tasks still work.
    func requireRoom() async throws
    /// Removes writes that started before `time` and have neither completed nor failed, because their process has died or they hang.
    ///
    /// - Returns: the number of removed writes.
    @discardableResult func removeUnfinishedWrites(before time: Timestamp) async throws -> Int
}

extension BlobStore {
    /// The default, for stores that do not know their free space and reject writes only when they are full.
    package func requireRoom() async throws {}
}

/// An opened object.
package struct Blob: Sendable {
    /// The size of the complete object.
    package var size: Int
    /// The range of the bytes in `body`.
    package var range: Range<Int>
    package var body: ByteStream

    package init(size: Int, range: Range<Int>, body: ByteStream) {
        self.size = size
        self.range = range
        self.body = body
    }

    /// Reads the complete body into memory.
    package func collect() async throws -> ByteBuffer {
        var all = ByteBuffer()
        all.reserveCapacity(range.count)
        for try await chunk in body { all.writeImmutableBuffer(chunk) }
        return all
    }
}

extension BlobKey {
    /// The components of the key. Each consists of 1 to 128 letters, digits, `-`, `_` and `.`, and does not begin with a
    /// dot, so that it cannot escape from a store's root.
    ///
    /// - Throws: `bad_blob_key` for an invalid component, which is a defect, because PixelFlow creates all keys.
    package func parts() throws(PixelFlowError) -> [Substring] {
        // Bytes, because finding the characters of a string is slow.
        let parts = rawValue.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Substring.init)
        guard parts.allSatisfy(Self.isSafe) else { throw .badBlobKey }
        return parts
    }

    /// Whether keys can have this component.
    package static func canContain(_ part: String) -> Bool { isSafe(part[...]) }

    private static let characters = ASCIISet.alphanumerics.union("-_.")

    private static func isSafe(_ part: Substring) -> Bool {
        (1...128).contains(part.utf8.count) && part.utf8.first != UInt8(ascii: ".") && characters.containsAll(of: part)
    }
}

extension PixelFlowError {
    /// A key that no store accepts.
    package static let badBlobKey = PixelFlowError(.internal, code: "bad_blob_key", "An object key is not well-formed.")
}
