import AsyncHTTPClient
import PixelFlowEmbedded
import PixelFlowHTTP
import PixelFlowImaging
import PixelFlowWorker
import ServiceLifecycle
import Synchronization

/// Has the probes say that this process is going, as soon as it is asked to.
struct DrainService: Service {
    private let drain: DrainState

    init(_ drain: DrainState) { self.drain = drain }

    func run() async throws {
        try await gracefulShutdown()
        drain.drain()
    }
}

/// Keeps the lock on the data folder until every other service has ended.
struct FolderService: Service {
    let folder: DataFolder

    func run() async throws {
        try await gracefulShutdown()
        withExtendedLifetime(folder) {}
    }
}

/// Ends the render processes once nobody renders any more.
struct RendererService: Service {
    let pool: RenderPool

    func run() async throws {
        try await gracefulShutdown()
        await pool.shutdown()
    }
}

/// Takes tasks only once there are render processes for them: a task that is claimed and has to wait
/// is one more that a crash loses.
struct WarmWorker: Service {
    let pool: RenderPool
    let worker: WorkerService

    func run() async throws {
        await pool.warmUp()
        try await worker.run()
    }
}

/// Closes the connections of the web service once nobody is served any more.
struct HTTPClientService: Service {
    let client: HTTPClient

    func run() async throws {
        try await gracefulShutdown()
        try await client.shutdown()
    }
}

/// Calls back once as many have arrived as were expected.
final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let action: @Sendable () -> Void

    init(_ count: Int, then action: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.action = action
    }

    func arrive() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { action() }
    }
}
