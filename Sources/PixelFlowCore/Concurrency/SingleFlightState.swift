/// The rules of `SingleFlight`, without its effects: whether a run is under way and who waits for its outcome.
struct SingleFlightState<Waiter> {
    enum Join: Equatable {
        /// The caller has to start a run, whose end is told with `land`.
        case start
        /// A run is under way.
        case joined
        /// No run is under way and none may start.
        case refused
    }

    private(set) var isRunning = false
    private var waiters: [UInt64: Waiter] = [:]

    var waitingCount: Int { waiters.count }

    /// Joins the run under way, or asks the caller to start one.
    ///
    /// - Parameters:
    ///   - waiter: kept until the run lands or the caller leaves; nil for a caller that does not wait.
    ///   - mayStart: evaluated only where no run is under way.
    mutating func join(_ number: UInt64, _ waiter: Waiter?, mayStart: () -> Bool) -> Join {
        let isNew = !isRunning
        if isNew {
            guard mayStart() else { return .refused }
            isRunning = true
        }
        waiters[number] = waiter
        return isNew ? .start : .joined
    }

    /// Takes one waiter out; the run goes on.
    ///
    /// - Returns: nil where it no longer waits.
    mutating func leave(_ number: UInt64) -> Waiter? { waiters.removeValue(forKey: number) }

    /// Ends the run and forgets it, whatever its outcome.
    ///
    /// - Returns: everyone that waits for the outcome.
    mutating func land() -> [Waiter] {
        isRunning = false
        defer { waiters = [:] }
        return Array(waiters.values)
    }
}
