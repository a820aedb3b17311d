/// The rules of `SingleFlight` without side effects: whether there is a run, and who waits for its result.
struct SingleFlightState<Waiter> {
    enum Join: Equatable {
        /// The caller must start a run and report its end with `land`.
        case start
        /// There already is a run.
        case joined
        /// There is no run, and none may be started.
        case refused
    }

    private(set) var isRunning = false
    private var waiters: [UInt64: Waiter] = [:]

    var waitingCount: Int { waiters.count }

    /// Joins the current run, or asks the caller to start one.
    ///
    /// - Parameters:
    ///   - waiter: kept until the run lands or the caller leaves; nil for a caller that does not wait.
    ///   - mayStart: called only if there is no run.
    mutating func join(_ number: UInt64, _ waiter: Waiter?, mayStart: () -> Bool) -> Join {
        let isNew = !isRunning
        if isNew {
            guard mayStart() else { return .refused }
            isRunning = true
        }
        waiters[number] = waiter
        return isNew ? .start : .joined
    }

    /// Removes a waiter; the run continues.
    ///
    /// - Returns: nil if it is no longer waiting.
    mutating func leave(_ number: UInt64) -> Waiter? { waiters.removeValue(forKey: number) }

    /// Ends and forgets the run, regardless of its result.
    ///
    /// - Returns: all callers that wait for the result.
    mutating func land() -> [Waiter] {
        isRunning = false
        defer { waiters = [:] }
        return Array(waiters.values)
    }
}
