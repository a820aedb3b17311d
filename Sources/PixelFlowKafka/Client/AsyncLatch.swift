import Synchronization

/// An event that happens once and can be awaited.
final class AsyncLatch: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<Bool, Never>
        let alarm: Task<Void, any Error>

        func resume(returning hasFired: Bool) {
            alarm.cancel()
            continuation.resume(returning: hasFired)
        }
    }

    private struct State {
        var hasFired = false
        var next = 0
        var waiting: [Int: Waiter] = [:]
    }

    private let state = Mutex(State())

    var hasFired: Bool { state.withLock { $0.hasFired } }

    func fire() {
        let waiting = state.withLock { state in
            state.hasFired = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        waiting.forEach { $0.resume(returning: true) }
    }

    /// - Returns: whether the event has happened; false after `limit` or on cancellation.
    func wait(atMost limit: Duration) async -> Bool {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.hasFired { return true }
                    if Task.isCancelled { return false }
                    // Created while the lock is held, so that a timer that fires immediately finds its waiter.
                    let alarm = Task {
                        try await Task.sleep(for: limit)
                        self.giveUp(number)
                    }
                    state.waiting[number] = Waiter(continuation: continuation, alarm: alarm)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            giveUp(number)
        }
    }

    private func giveUp(_ number: Int) {
        state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: false)
    }
}
