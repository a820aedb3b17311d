import Synchronization

/// Something that happens once and can be waited for.
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

    /// - Returns: whether it has happened, false after `limit` or when cancelled.
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
                    // Set with the lock held: an alarm that goes off at once finds its waiter.
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
