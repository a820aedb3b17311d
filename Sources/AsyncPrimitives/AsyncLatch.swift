/// An event that happens once and can be awaited by any number of tasks.
package final class AsyncLatch: Sendable {
    private let signal = Signal()

    package init() {}

    package var hasFired: Bool { signal.isFinished }

    /// Ends all waits; calls after the first have no effect.
    package func fire() { signal.finish() }

    /// - Returns: whether the event has happened; false on cancellation.
    @discardableResult
    package func wait() async -> Bool { await signal.wait(atMost: nil) == .finished }

    /// - Returns: whether the event has happened; false after `limit` or on cancellation.
    @discardableResult
    package func wait(atMost limit: Duration) async -> Bool { await signal.wait(atMost: limit) == .finished }
}
