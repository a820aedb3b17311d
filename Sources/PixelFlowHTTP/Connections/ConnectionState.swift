import NIOCore

/// The state of one connection and its timeouts. Pure: it takes events with their time, and returns
/// when to check again and what to do then.
struct ConnectionState {
    /// Why a connection ends before its time.
    enum Refusal: String, Hashable, CaseIterable {
        case addressLimit = "address_limit"
        case totalLimit = "total_limit"
        case evicted
        case headerTimeout = "header_timeout"
        case bodyTimeout = "body_timeout"
        case readTimeout = "read_timeout"
        case headerSize = "header_size"
        case malformed
    }

    enum Action: Equatable {
        /// Close without a word: no one has asked anything.
        case close
        case refuse(Refusal)
    }

    private enum Phase {
        /// No byte of the next request has come.
        case waiting(until: NIODeadline)
        /// A part of a header has come.
        case header(until: NIODeadline)
        /// The header is complete; its body may still be on the way.
        case request
        /// Another protocol is spoken, which has its own limits.
        case upgraded
    }

    private let limits: ConnectionLimits
    private var phase: Phase
    /// Bytes since the end of the last header or body.
    private var headerBytes = 0
    /// Requests whose responses have not ended.
    private(set) var openRequests = 0
    /// Whether a part of the answer to the oldest open request has been written.
    private(set) var isAnswering = false
    private(set) var isReadingBody = false
    private var body: BodyRate
    private var unwritableSince: NIODeadline?

    init(limits: ConnectionLimits, now: NIODeadline) {
        self.limits = limits
        // A client connects because it has something to ask: the header must come at once.
        phase = .waiting(until: now + TimeAmount(limits.headerTimeout))
        body = BodyRate(minimum: limits.minimumBodyRate, window: TimeAmount(limits.bodyWindow))
    }

    /// Whether the connection can be closed and no one loses an answer.
    var isWaiting: Bool { openRequests == 0 && !isReadingBody }

    /// Whether a refusal may be sent as a response: to the incoming request, if no other response is due before it.
    var canAnswer: Bool { !isAnswering && openRequests == (isReadingBody ? 1 : 0) }

    /// Whether requests that have arrived whole wait for their answers, which are still due to them.
    var owesAnswers: Bool { openRequests > 0 && !isReadingBody }

    // MARK: Input

    mutating func received(bytes: Int, now: NIODeadline) {
        guard !isReadingBody, !isUpgraded else { return }
        headerBytes += bytes
        guard case .waiting(let until) = phase else { return }
        // The first header counts from the connection, a later one from its first byte.
        phase = .header(until: min(until, now + TimeAmount(limits.headerTimeout)))
    }

    private var isUpgraded: Bool { if case .upgraded = phase { true } else { false } }

    mutating func upgraded() {
        phase = .upgraded
        headerBytes = 0
    }

    /// Called once everything that a read has brought was decoded.
    var isHeaderTooLarge: Bool { !isReadingBody && headerBytes > limits.headerBytes }

    /// - Parameters:
    ///   - isHeld: whether the client waits for a 100 (Continue) before it sends the body.
    mutating func headerEnded(isHeld: Bool, now: NIODeadline) {
        headerBytes = 0
        openRequests += 1
        isReadingBody = true
        phase = .request
        body.begin(isHeld: isHeld, now: now)
    }

    mutating func bodyReceived(bytes: Int, now: NIODeadline) { body.received(bytes, now: now) }

    /// The client has been asked to send the body.
    mutating func continued(now: NIODeadline) { body.release(now: now) }

    mutating func requestEnded(now: NIODeadline) {
        isReadingBody = false
        headerBytes = 0
        body.end()
        settle(now: now)
    }

    /// - Parameter isReading: whether the server reads from the client. If it does not, the client is not slow.
    mutating func readingChanged(isReading: Bool, now: NIODeadline) { body.readingChanged(isReading, now: now) }

    // MARK: Output

    mutating func answerBegan() { isAnswering = true }

    mutating func answerEnded(now: NIODeadline) {
        openRequests = max(0, openRequests - 1)
        isAnswering = false
        settle(now: now)
    }

    mutating func writabilityChanged(isWritable: Bool, now: NIODeadline) { unwritableSince = isWritable ? nil : now }

    private mutating func settle(now: NIODeadline) {
        guard isWaiting, case .request = phase else { return }
        phase =
            headerBytes > 0 ? .header(until: now + TimeAmount(limits.headerTimeout)) : .waiting(until: now + TimeAmount(limits.idleTimeout))
    }

    // MARK: Time

    /// When to look again; nil if nothing has an end.
    func nextDeadline(now: NIODeadline) -> NIODeadline? {
        let own: NIODeadline? =
            switch phase {
            case .waiting(let until), .header(let until): until
            case .request: isReadingBody ? body.deadline(now: now) : nil
            case .upgraded: nil
            }
        let unread = unwritableSince.map { $0 + TimeAmount(limits.idleTimeout) }
        return [own, unread].compactMap { $0 }.min()
    }

    /// What to do at `now`; nil to wait on.
    mutating func check(now: NIODeadline) -> Action? {
        if let since = unwritableSince, now >= since + TimeAmount(limits.idleTimeout) { return .refuse(.readTimeout) }
        switch phase {
        case .waiting(let until): return now >= until ? .close : nil
        case .header(let until): return now >= until ? .refuse(.headerTimeout) : nil
        case .request: return isReadingBody && body.isTooSlow(now: now) ? .refuse(.bodyTimeout) : nil
        case .upgraded: return nil
        }
    }
}

/// Measures how fast a body comes, over the time in which the server was ready to take it.
private struct BodyRate {
    private let minimum: Int
    private let window: TimeAmount
    private var bytes = 0
    private var waited = TimeAmount.zero
    /// Since when the client is waited for; nil while the server is the one that waits.
    private var waitingSince: NIODeadline?
    private var isActive = false
    private var isHeld = false
    private var isReading = true

    init(minimum: Int, window: TimeAmount) {
        self.minimum = minimum
        self.window = window
    }

    mutating func begin(isHeld: Bool, now: NIODeadline) {
        isActive = true
        self.isHeld = isHeld
        (bytes, waited, waitingSince) = (0, .zero, nil)
        resume(now)
    }

    mutating func received(_ count: Int, now: NIODeadline) {
        bytes += count
        if isHeld { release(now: now) }
    }

    mutating func release(now: NIODeadline) {
        isHeld = false
        resume(now)
    }

    mutating func end() { (isActive, waitingSince) = (false, nil) }

    mutating func readingChanged(_ isReading: Bool, now: NIODeadline) {
        guard self.isReading != isReading else { return }
        self.isReading = isReading
        if isReading {
            resume(now)
        } else if let since = waitingSince {
            waited = waited + (now - since)
            waitingSince = nil
        }
    }

    private mutating func resume(_ now: NIODeadline) {
        if isActive, isReading, !isHeld, waitingSince == nil { waitingSince = now }
    }

    private func waited(now: NIODeadline) -> TimeAmount { waitingSince.map { waited + (now - $0) } ?? waited }

    func deadline(now: NIODeadline) -> NIODeadline? {
        guard minimum > 0, isActive else { return nil }
        return now + max(window - waited(now: now), .milliseconds(1))
    }

    /// Judges a window once it is full, and begins the next.
    mutating func isTooSlow(now: NIODeadline) -> Bool {
        let waited = waited(now: now)
        guard minimum > 0, isActive, waited >= window else { return false }
        let needed = Int64(minimum) * waited.nanoseconds / 1_000_000_000
        let isSlow = Int64(bytes) < needed
        (bytes, self.waited) = (0, .zero)
        if waitingSince != nil { waitingSince = now }
        return isSlow
    }
}
