/// Why a wait for a signal has ended.
enum SignalEnd: Sendable, Hashable {
    /// By a call of `wake`, which this wait has consumed.
    case woken
    /// There will be no more of them.
    case finished
    case timeLimit
    case cancelled
}

/// The rules of `WakeSignal` and `AsyncLatch` without side effects: whether a call of `wake` is pending, and who waits.
struct SignalState<Waiter> {
    private(set) var isFinished = false
    private(set) var isPending = false
    private var waiters: [UInt64: Waiter] = [:]

    var waitingCount: Int { waiters.count }

    /// - Parameters:
    ///   - number: of the wait; must be unique and greater than those of earlier waits.
    ///   - waiter: kept until the wait ends; not kept if it ends immediately.
    /// - Returns: nil if the caller must wait.
    mutating func wait(_ number: UInt64, _ waiter: Waiter, isCancelled: Bool) -> SignalEnd? {
        if isFinished, !isPending { return .finished }
        if isCancelled { return .cancelled }
        if consume() { return .woken }
        waiters[number] = waiter
        return nil
    }

    /// Ends the oldest wait; without one, the call is pending for the next. Does nothing after `finish`.
    ///
    /// - Returns: the waiter that is woken.
    mutating func wake() -> Waiter? {
        guard !isFinished else { return nil }
        // There is rarely more than one.
        if let oldest = waiters.keys.min() { return waiters.removeValue(forKey: oldest) }
        isPending = true
        return nil
    }

    /// Removes a pending call of `wake`.
    ///
    /// - Returns: whether there was one.
    mutating func consume() -> Bool {
        defer { isPending = false }
        return isPending
    }

    /// Ends all waits. A pending call of `wake` stays.
    mutating func finish() -> [Waiter] {
        isFinished = true
        defer { waiters = [:] }
        return Array(waiters.values)
    }

    /// Removes a waiter whose time is up or whose task is cancelled.
    ///
    /// - Returns: nil if it no longer waits.
    mutating func leave(_ number: UInt64) -> Waiter? { waiters.removeValue(forKey: number) }
}
