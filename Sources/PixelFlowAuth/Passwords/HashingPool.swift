import NIOPosix
import PixelFlowCore

/// A few threads for slow work, with a bounded queue: work beyond it is refused immediately instead of waiting for too long. Clients take
/// turns.
final class HashingPool: Sendable {
    private let threads: NIOThreadPool
    /// One permit per thread.
    private let permits: FairAsyncSemaphore<String>
    private let busy: PixelFlowError

    /// - Parameters:
    ///   - count: the number of threads, which only this pool uses; at least 1.
    ///   - queue: how many jobs may wait for a thread.
    ///   - queueOfOneClient: how many of them may be those of one client.
    ///   - busy: thrown if the queue is full.
    init(threads count: Int, queue: Int, queueOfOneClient: Int, busy: PixelFlowError) {
        threads = NIOThreadPool(numberOfThreads: max(1, count))
        permits = FairAsyncSemaphore(
            limits: FairSemaphoreLimits(permits: count, permitsOfOneKey: count, waiting: queue, waitingOfOneKey: queueOfOneClient),
            waitTimeout: nil)
        self.busy = busy
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// Runs `work` on a thread of the pool.
    ///
    /// - Parameter client: for whom; those without one count as one client.
    /// - Throws: what `work` throws, or `busy`; `CancellationError` if the task is cancelled before `work` runs.
    func run<Value: Sendable>(for client: String? = nil, _ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        do {
            return try await permits.withPermit(client ?? "") { try await threads.runIfActive(work) }
        } catch is AdmissionError {
            throw busy
        }
    }
}
