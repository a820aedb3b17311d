import Foundation
import PixelFlowCore

/// A thread for blocking calls, whose end can be awaited.
struct DedicatedThread: Sendable {
    private let ended = AsyncLatch()

    init(name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [ended] in
            body()
            ended.fire()
        }
        thread.name = name
        thread.start()
    }

    /// - Returns: whether the thread has ended within `limit`.
    @discardableResult
    func wait(atMost limit: Duration) async -> Bool { await ended.wait(atMost: limit) }
}
