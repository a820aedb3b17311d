/// Wakes a task that waits for work. Calls of `wake` are coalesced: any number of them before a wait ends only that one.
///
/// Meant for one waiting task; of several, each call wakes the one that has waited longest.
package struct WakeSignal: Sendable {
    private let signal = Signal()

    package init() {}

    /// Ends the current wait, or else the next one. Never blocks.
    package func wake() { signal.wake() }

    /// Ends the current wait and all later ones, after a pending call of `wake`.
    package func finish() { signal.finish() }

    /// Discards a pending call of `wake`, whose work the caller is about to do anyway.
    package func discard() { _ = signal.consume() }

    /// Waits for a call of `wake`.
    ///
    /// - Returns: false once the signal is finished or the task is cancelled.
    package func wait() async -> Bool { await signal.wait(atMost: nil) == .woken }

    /// Waits for a call of `wake` or until the limit, for work that is also done at intervals.
    ///
    /// - Returns: false once the signal is finished or the task is cancelled.
    package func wait(atMost limit: Duration) async -> Bool {
        switch await signal.wait(atMost: limit) {
        case .woken, .timeLimit: true
        case .finished, .cancelled: false
        }
    }
}
