import Conformance
import Foundation
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import Synchronization
import Testing

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

enum Sample {
    static let tenant = TenantID("tenant")

    static let metadata = SourceMetadata(format: "png", width: 3, height: 2, bytes: 5)

    static func task(at time: Timestamp, tenant: TenantID, lane: Lane) -> TaskRecord {
        TaskRecord(
            id: TaskID.make(at: time), tenant: tenant, owner: UserID("user"), source: .url("https://example.org/a.jpg"),
            pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), lane: lane, fingerprint: "print", requestID: "request",
            createdAt: time)
    }

    static func task(at time: Timestamp, source: TaskSource = .url("https://example.org/a.jpg")) -> TaskRecord {
        TaskRecord(
            id: TaskID.make(at: time), tenant: tenant, owner: UserID("user"), source: source,
            pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), fingerprint: "print", requestID: "request", createdAt: time)
    }
}

/// Files whose removal fails or hangs for some tasks.
final class StubbornBlobStore: BlobStore {
    enum Fault: Sendable { case failing, hanging }

    let base: any BlobStore
    private let faults = Mutex<[BlobKey: Fault]>([:])
    private let asked = Mutex<[BlobKey: Int]>([:])

    init(_ base: any BlobStore) { self.base = base }

    func set(_ fault: Fault?, for prefix: BlobKey) { faults.withLock { $0[prefix] = fault } }
    func tries(_ prefix: BlobKey) -> Int { asked.withLock { $0[prefix] ?? 0 } }

    func remove(_ prefix: BlobKey) async throws {
        asked.withLock { $0[prefix, default: 0] += 1 }
        switch faults.withLock({ $0[prefix] }) {
        case .failing: throw PixelFlowError.unavailable("blob_store")
        // Deaf to cancellation, as a call of the operating system is. bounded: by letGo()
        case .hanging: await withCheckedContinuation { continuation in hung.withLock { $0.append(continuation) } }
        case nil: try await base.remove(prefix)
        }
    }

    private let hung = Mutex<[CheckedContinuation<Void, Never>]>([])

    /// Releases everything that hangs.
    func letGo() {
        let waiting = hung.withLock { hung in
            defer { hung = [] }
            return hung
        }
        waiting.forEach { $0.resume() }
    }

    func write(_ key: BlobKey, from stream: ByteStream) async throws -> Int { try await base.write(key, from: stream) }
    func write(_ key: BlobKey, bytes: ByteBuffer) async throws { try await base.write(key, bytes: bytes) }
    func read(_ key: BlobKey, range: Range<Int>?) async throws -> Blob? { try await base.read(key, range: range) }
    func keys(_ prefix: BlobKey) async throws -> [BlobKey] { try await base.keys(prefix) }
    func taskPrefixes(after last: BlobKey?, limit: Int) async throws -> [BlobKey] { try await base.taskPrefixes(after: last, limit: limit) }
    func check() async throws { try await base.check() }
    func removeUnfinishedWrites(before time: Timestamp) async throws -> Int { try await base.removeUnfinishedWrites(before: time) }
}

/// A broker that rejects the dead letters of some tasks.
final class PickyBroker: TaskBroker {
    private let state = Mutex((refused: Set<TaskID>(), letters: [TaskID](), tries: [TaskID: Int]()))

    func refuse(_ id: TaskID) { state.withLock { _ = $0.refused.insert(id) } }
    func accept(_ id: TaskID) { state.withLock { _ = $0.refused.remove(id) } }
    var letters: [TaskID] { state.withLock { $0.letters } }
    func tries(_ id: TaskID) -> Int { state.withLock { $0.tries[id] ?? 0 } }

    func publish(_ messages: [DispatchMessage]) async throws {}
    func subscribe() async throws -> any DispatchSubscription { throw PixelFlowError.unavailable("broker") }
    func check() async throws {}
    func deadLetter(_ task: TaskRecord) async throws {
        try state.withLock { state in
            state.tries[task.id, default: 0] += 1
            if state.refused.contains(task.id) { throw PixelFlowError.unavailable("broker") }
            state.letters.append(task.id)
        }
    }
}
