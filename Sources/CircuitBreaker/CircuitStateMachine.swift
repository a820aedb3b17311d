/// The rules of a circuit breaker: a pure state machine without clock or lock.
struct CircuitStateMachine: Sendable {
    /// Permission for one call. Outcomes of tickets from an earlier period are ignored: a call that started before
    /// the circuit opened reveals nothing about the current state of the backend.
    struct Ticket: Sendable {
        let period: Int
        let isProbe: Bool
    }

    enum Admission: Sendable {
        case allowed(Ticket)
        case refused
    }

    enum Outcome: Sendable {
        case success, failure
        /// The call was cancelled before the backend responded.
        case unknown
    }

    private enum Phase {
        case closed(failures: Int)
        case open(until: ContinuousClock.Instant)
        case probing
    }

    private let threshold: Int
    private let cooldown: Duration
    private var phase = Phase.closed(failures: 0)
    private var period = 0

    init(threshold: Int, cooldown: Duration) {
        self.threshold = max(1, threshold)
        self.cooldown = cooldown
    }

    var state: CircuitBreaker.State {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .probing: .halfOpen
        }
    }

    mutating func admit(at now: ContinuousClock.Instant) -> Admission {
        switch phase {
        case .closed: return .allowed(Ticket(period: period, isProbe: false))
        case .probing: return .refused
        case .open(let until):
            guard now >= until else { return .refused }
            enter(.probing)
            return .allowed(Ticket(period: period, isProbe: true))
        }
    }

    /// - Returns: the new state of the circuit; nil if it has not changed.
    mutating func record(_ ticket: Ticket, _ outcome: Outcome, at now: ContinuousClock.Instant) -> CircuitBreaker.State? {
        guard ticket.period == period else { return nil }
        switch (phase, outcome) {
        case (.closed(let failures), .failure):
            guard failures + 1 >= threshold else {
                phase = .closed(failures: failures + 1)
                return nil
            }
            enter(.open(until: now + cooldown))
        case (.closed, .success):
            phase = .closed(failures: 0)
            return nil
        case (.probing, .success): enter(.closed(failures: 0))
        case (.probing, .failure): enter(.open(until: now + cooldown))
        // An abandoned probe proves nothing; the next call may probe.
        case (.probing, .unknown): enter(.open(until: now))
        case (.closed, .unknown), (.open, _): return nil
        }
        return state
    }

    private mutating func enter(_ next: Phase) {
        phase = next
        period += 1
    }
}
