public import Logging
public import PixelFlowCore
public import ServiceLifecycle

/// Removes objects that no task knows: an upload whose process died before the task was written down.
///
/// Looks once at start and then once a day. Only objects are considered whose task id, which tells
/// its time, is a day old: younger ones may belong to an upload under way.
public struct OrphanSweep: Service {
    private let store: any TaskStore
    private let blobs: any BlobStore
    private let startedAt: Timestamp?
    private let clock: any WallClock
    private let logger: Logger

    static let interval = Duration.seconds(86_400)
    static let age = Duration.seconds(86_400)
    /// How many tasks are looked up at a time.
    static let batch = 500

    /// - Parameter startedAt: given where nobody else writes to the store: then everything older than
    ///   this process is judged in the first round.
    public init(
        store: any TaskStore, blobs: any BlobStore, startedAt: Timestamp? = nil, clock: any WallClock = SystemClock(), logger: Logger
    ) {
        self.store = store
        self.blobs = blobs
        self.startedAt = startedAt
        self.clock = clock
        self.logger = logger
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var limit = startedAt ?? clock.now() - Self.age
            while true {
                do {
                    let removed = try await sweep(before: limit)
                    if removed > 0 { logger.info("orphaned objects removed", metadata: ["tasks": "\(removed)"]) }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("orphan sweep failed, tried again", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: Self.interval)
                limit = clock.now() - Self.age
            }
        }
    }

    /// One round over the objects of tasks made before `time`.
    ///
    /// - Returns: of how many tasks objects were removed.
    public func sweep(before time: Timestamp) async throws -> Int {
        let limit = TaskID.make(at: time)
        var removed = 0
        var previous: BlobKey?
        while true {
            let prefixes = try await blobs.taskPrefixes(after: previous, limit: Self.batch)
            let old = prefixes.compactMap { prefix in prefix.taskOfPrefix.flatMap { $0 < limit ? (prefix, $0) : nil } }
            let known = try await store.known(old.map(\.1))
            for (prefix, task) in old where !known.contains(task) {
                try await blobs.remove(prefix)
                removed += 1
            }
            guard prefixes.count == Self.batch else { return removed }
            previous = prefixes.last
        }
    }
}
