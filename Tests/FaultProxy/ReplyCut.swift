package import Deadlines
import NIOCore
import Synchronization

/// A request to cut replies, which reports when this has happened.
package final class ReplyCut: Sendable {
    private struct State {
        /// The number of requests that are still to be matched.
        var wanted: Int
        /// The number of connections that are still to be cut.
        var open: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let matching: @Sendable (ByteBuffer) -> Bool
    private let count: Int
    private let state: Mutex<State>

    init(count: Int, matching: @escaping @Sendable (ByteBuffer) -> Bool) {
        self.count = count
        self.matching = matching
        state = Mutex(State(wanted: count, open: count))
    }

    /// The number of replies that have been cut.
    package var cuts: Int { state.withLock { count - $0.open } }

    /// Returns once all replies have been cut, or the proxy has been restored or stopped.
    ///
    /// - Throws: `DeadlineExceeded` if that takes longer than `limit`.
    package func done(within limit: Duration = .testDeadline) async throws {
        try await within(limit, "replies to be cut") { [self] in
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.open > 0 { state.waiting.append(continuation) }
                    return state.open == 0
                }
                if isDone { continuation.resume() }
            }
        }
    }

    func claim(_ request: ByteBuffer) -> Bool {
        guard state.withLock({ $0.wanted > 0 }), matching(request) else { return false }
        return state.withLock { state in
            guard state.wanted > 0 else { return false }
            state.wanted -= 1
            return true
        }
    }

    /// A connection has been cut.
    func record() {
        settle { $0.open -= 1 }
    }

    func cancel() {
        settle { state in
            state.wanted = 0
            state.open = 0
        }
    }

    private func settle(_ change: (inout State) -> Void) {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            guard state.open > 0 else { return [] }
            change(&state)
            guard state.open == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
