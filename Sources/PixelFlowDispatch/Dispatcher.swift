public import Logging
public import PixelFlowCore
public import ServiceLifecycle

/// Looks, each second, for what has been left lying: wake-ups that got lost, leases that ran out,
/// events that were not published, objects of deleted tasks.
///
/// Any number of replicas may run one; the store gives each task to one of them only.
public struct Dispatcher: Service {
    private let store: any TaskStore
    private let blobs: any BlobStore
    private let announcer: TaskAnnouncer
    private let interval: Duration
    private let logger: Logger

    /// How many tasks are taken at a time.
    static let batch = 500

    public init(
        store: any TaskStore, blobs: any BlobStore, announcer: TaskAnnouncer, interval: Duration = .seconds(1), logger: Logger
    ) {
        self.store = store
        self.blobs = blobs
        self.announcer = announcer
        self.interval = interval
        self.logger = logger
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sweep()
                try await Task.sleep(for: interval)
            }
        }
    }

    /// One round. Each step fails by itself.
    public func sweep() async {
        await step("dispatch") {
            var due: [TaskRecord]
            repeat {
                due = try await store.takeDue(limit: Self.batch)
                announcer.wake(due)
            } while due.count == Self.batch
        }
        await step("expire_leases") {
            for task in try await store.expireLeases(limit: Self.batch) {
                logger.warning(
                    "lease lost",
                    metadata: ["task_id": "\(task.id)", "request_id": "\(task.requestID)", "losses": "\(task.losses)"])
                announcer.announce(task)
                if task.status == .pending { announcer.wake([task]) }
            }
        }
        await step("publish_events") {
            for task in try await store.unpublished(olderThan: .seconds(5), limit: Self.batch) {
                try await blobs.removeLeftovers(of: task)
                announcer.announce(task)
            }
        }
        await step("remove_deleted") {
            for task in try await store.deleted(limit: Self.batch) {
                try await blobs.remove(task.blobPrefix)
                try await store.purge(task.id)
            }
        }
    }

    private func step(_ name: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
        } catch {
            logger.warning("dispatcher step failed, tried again", metadata: ["step": "\(name)", "error": "\(error)"])
        }
    }
}
