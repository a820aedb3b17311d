import NIOCore

/// The state of one connection and its timeouts. Pure: it takes events with their time, and returns
/// when to check again and what to do then.
struct ConnectionState {
    /// The reason for closing a connection early.
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
        /// Close without a response, because there was no request.
        case close
        case refuse(Refusal)
    }

    private enum Phase {
        /// No byte of the next request has arrived.
        case waiting(until: NIODeadline)
        /// Part of a header has arrived.
        case header(until: NIODeadline)
        /// The header is complete; its body may still be arriving.
        case request
        /// The connection uses another protocol, which has its own limits.
        case upgraded
    }

    private let limits: ConnectionLimits
    private var phase: Phase
    /// Bytes since the end of the last header or body.
    private var headerBytes = 0
    /// Requests whose responses have not ended.
    private(set) var openRequests = 0
    /// Whether part of the response to the oldest open request has been written.
    private(set) var isResponding = false
    private(set) var isReadingBody = false
    /// Bytes of the body that have arrived after the end of its response.
    private var unreadBytes = 0
    private var body: BodyRate
    private var unwritableSince: NIODeadline?

    init(limits: ConnectionLimits, now: NIODeadline) {
        self.limits = limits
        // A client connects in order to send a request, so the header must arrive promptly.
        phase = .waiting(until: now + TimeAmount(limits.headerTimeout))
        body = BodyRate(minimum: limits.minimumBodyRate, window: TimeAmount(limits.bodyWindow))
    }

    /// Whether closing the connection loses no response.
    var isWaiting: Bool { openRequests == 0 && !isReadingBody }

    /// Whether a refusal may be sent as a response: to the incoming request, if no other response is due before it.
    var canRespond: Bool { !isResponding && openRequests == (isReadingBody ? 1 : 0) }

    /// Whether complete requests are still waiting for their responses.
    var owesResponses: Bool { openRequests > 0 && !isReadingBody }

    // MARK: Input

    mutating func received(bytes: Int, now: NIODeadline) {
        guard !isReadingBody, !isUpgraded else { return }
        headerBytes += bytes
        guard case .waiting(let until) = phase else { return }
        // The time of the first header starts with the connection, that of later ones with their first byte.
        phase = .header(until: min(until, now + TimeAmount(limits.headerTimeout)))
    }

    private var isUpgraded: Bool { if case .upgraded = phase { true } else { false } }

    mutating func upgraded() {
        phase = .upgraded
        headerBytes = 0
    }

    /// Check after decoding everything that a read returned.
    var isHeaderTooLarge: Bool { !isReadingBody && headerBytes > limits.headerBytes }

    /// - Parameters:
    ///   - isHeld: whether the client waits for a 100 (Continue) before it sends the body.
    mutating func headerEnded(isHeld: Bool, now: NIODeadline) {
        headerBytes = 0
        openRequests += 1
        isReadingBody = true
        unreadBytes = 0
        phase = .request
        body.begin(isHeld: isHeld, now: now)
    }

    mutating func bodyReceived(bytes: Int, now: NIODeadline) {
        body.received(bytes, now: now)
        if openRequests == 0 { unreadBytes += bytes }
    }

    /// Whether the client keeps sending a body that will not be read.
    var isBodyUnwanted: Bool { unreadBytes > limits.unreadBodyBytes }

    /// Call when the client has been asked for the body.
    mutating func continued(now: NIODeadline) { body.release(now: now) }

    mutating func requestEnded(now: NIODeadline) {
        isReadingBody = false
        headerBytes = 0
        body.end()
        awaitRequest(now: now)
    }

    /// - Parameter isReading: whether the server is reading from the client. If not, the client is not considered slow.
    mutating func readingChanged(isReading: Bool, now: NIODeadline) { body.readingChanged(isReading, now: now) }

    // MARK: Output

    mutating func responseBegan() { isResponding = true }

    mutating func responseEnded(now: NIODeadline) {
        openRequests = max(0, openRequests - 1)
        isResponding = false
        awaitRequest(now: now)
    }

    mutating func writabilityChanged(isWritable: Bool, now: NIODeadline) { unwritableSince = isWritable ? nil : now }

    private mutating func awaitRequest(now: NIODeadline) {
        guard isWaiting, case .request = phase else { return }
        phase =
            headerBytes > 0 ? .header(until: now + TimeAmount(limits.headerTimeout)) : .waiting(until: now + TimeAmount(limits.idleTimeout))
    }

    // MARK: Time

    /// The time of the next check; nil if there is no timeout.
    func nextDeadline(now: NIODeadline) -> NIODeadline? {
        let own: NIODeadline? =
            switch phase {
            case .waiting(let until), .header(let until): until
            case .request: isReadingBody ? body.deadline(now: now) : nil
            case .upgraded: nil
            }
        guard let unread = unwritableSince.map({ $0 + TimeAmount(limits.idleTimeout) }) else { return own }
        return min(own ?? unread, unread)
    }

    /// The action at `now`; nil to keep waiting.
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

/// Measures the rate of a body over the time in which the server was ready to read.
private struct BodyRate {
    private let minimum: Int
    private let window: TimeAmount
    private var bytes = 0
    private var waited = TimeAmount.zero
    /// The start of waiting for the client; nil while the client waits for the server.
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

    /// Evaluates a window once it has passed, and starts the next one.
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
