import Synchronization

/// `SignalState` with a lock, continuations and timers.
final class Signal: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<SignalEnd, Never>
        let alarm: Task<Void, any Error>?

        func resume(returning end: SignalEnd) {
            alarm?.cancel()
            continuation.resume(returning: end)
        }
    }

    private struct State {
        var rules = SignalState<Waiter>()
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    var isFinished: Bool { state.withLock { $0.rules.isFinished } }

    func wake() { state.withLock { $0.rules.wake() }?.resume(returning: .woken) }

    func consume() -> Bool { state.withLock { $0.rules.consume() } }

    func finish() {
        for waiter in state.withLock({ $0.rules.finish() }) { waiter.resume(returning: .finished) }
    }

    /// - Parameter limit: nil for no limit.
    func wait(atMost limit: Duration?) async -> SignalEnd {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let end = state.withLock { state in
                    // Created while the lock is held, so that a timer that fires immediately finds its waiter.
                    let alarm = limit.map { limit in
                        Task {
                            try await Task.sleep(for: limit)
                            self.leave(number, .timeLimit)
                        }
                    }
                    let waiter = Waiter(continuation: continuation, alarm: alarm)
                    // The cancellation handler may have run earlier without finding a waiter.
                    let end = state.rules.wait(number, waiter, isCancelled: Task.isCancelled)
                    if end != nil { alarm?.cancel() }
                    return end
                }
                if let end { continuation.resume(returning: end) }
            }
        } onCancel: {
            leave(number, .cancelled)
        }
    }

    private func leave(_ number: UInt64, _ end: SignalEnd) {
        state.withLock { $0.rules.leave(number) }?.resume(returning: end)
    }
}
