import NIOPosix
import PixelFlowCore

/// A few threads for slow work, with a bounded queue: work beyond it is refused immediately instead of waiting for too long.
final class HashingPool: Sendable {
    private let threads: NIOThreadPool
    /// One permit per thread.
    private let permits: AsyncSemaphore
    private let busy: PixelFlowError

    /// - Parameters:
    ///   - count: the number of threads, which only this pool uses; at least 1.
    ///   - queue: how many jobs may wait for a thread.
    ///   - busy: thrown if the queue is full.
    init(threads count: Int, queue: Int, busy: PixelFlowError) {
        threads = NIOThreadPool(numberOfThreads: max(1, count))
        permits = AsyncSemaphore(permits: count, waiting: queue)
        self.busy = busy
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// Runs `work` on a thread of the pool.
    ///
    /// - Throws: what `work` throws, or `busy`; `CancellationError` if the task is cancelled before `work` runs.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        do {
            return try await permits.withPermit { try await threads.runIfActive(work) }
        } catch is AdmissionError {
            throw busy
        }
    }
}
