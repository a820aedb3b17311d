import Foundation
import Synchronization

/// Hands jobs to the threads of the pool, first come, first served.
final class RenderQueue: Sendable {
    private struct State {
        var waiting: [RenderWork] = []
        var isOpen = true
    }

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    /// - Returns: false where the queue is closed.
    func add(_ work: RenderWork) -> Bool {
        let added = state.withLock { state in
            if state.isOpen { state.waiting.append(work) }
            return state.isOpen
        }
        if added { arrivals.signal() }
        return added
    }

    /// Blocks the calling thread until there is a job; nil once the queue is closed and empty.
    func next() -> RenderWork? {
        arrivals.wait()
        let work = state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
        // Closed: the signal is passed on, so that every thread sees it.
        if work == nil { arrivals.signal() }
        return work
    }

    /// Takes nothing more. What waits is still handed out.
    func close() {
        state.withLock { $0.isOpen = false }
        arrivals.signal()
    }
}
