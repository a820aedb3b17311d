package import PixelFlowCore

/// How many names are looked up at a time, and who may wait.
package struct LookupLimits: Sendable, Hashable {
    /// Look-ups at a time: each blocks a thread for as long as the resolver of the operating system takes, even after its caller has
    /// given up.
    package var threads: Int
    /// Of one organisation, so that one with names that nobody answers for leaves the other threads alone.
    package var threadsOfOneTenant: Int
    /// In one domain, whoever asks: its name servers may be down for everyone.
    package var threadsOfOneZone: Int
    /// Callers that wait for a thread.
    package var waiting: Int
    package var waitingOfOneTenant: Int
    /// How long a caller waits for a thread.
    package var waitLimit = Duration.seconds(3)
    /// A look-up that fails after so long has met name servers that do not answer.
    package var unansweredAfter = Duration.seconds(1)
    /// How long a name whose servers have not answered is not looked up again.
    package var unansweredFor = Duration.seconds(10)
    /// Such names that are remembered.
    package var unanswered = 512

    package init(threads: Int, threadsOfOneTenant: Int, threadsOfOneZone: Int, waiting: Int = 1024, waitingOfOneTenant: Int = 256) {
        self.threads = threads
        self.threadsOfOneTenant = threadsOfOneTenant
        self.threadsOfOneZone = threadsOfOneZone
        self.waiting = waiting
        self.waitingOfOneTenant = waitingOfOneTenant
    }

    /// A worker fetches a few sources at a time.
    package static let sources = LookupLimits(threads: 32, threadsOfOneTenant: 2, threadsOfOneZone: 4)
    /// Webhooks go to many servers at a time, up to 20 of one organisation.
    package static let posts = LookupLimits(threads: 64, threadsOfOneTenant: 4, threadsOfOneZone: 8)
}

/// The rules of `SystemResolver`, without threads, clock or continuations: which name is looked up, who waits for it, who is refused.
///
/// A look-up under way answers everyone who asks for its name. Of those that wait, an organisation with fewer look-ups under way
/// comes first, then whoever came first. A look-up that waits is never shared: else one organisation would wait in the queue of another.
struct NameLookups: Sendable {
    /// Names a caller; never used twice.
    typealias Waiter = UInt64
    typealias Instant = ContinuousClock.Instant

    enum Answer: Sendable, Hashable {
        /// The caller has to begin the look-up, whose end is told with `end` or `abandon`.
        case begin
        /// The look-up is under way, or waits until `beginNext` gives its name.
        case underWay, queued
        /// As many wait already as may.
        case refused
        /// Its servers have not answered, and are not asked before this time.
        case unanswered(until: Instant)
    }

    private struct Lookup {
        let tenant: TenantID
        let zone: String
        var waiters: Set<Waiter>
    }

    private struct Request {
        let waiter: Waiter
        let name: String
        let tenant: TenantID
        let zone: String
    }

    private let limits: LookupLimits
    private var lookups: [String: Lookup] = [:]
    /// In order of arrival. None of them may begin: `beginNext` leaves none that may.
    private var requests: [Request] = []
    private var ofTenant: [TenantID: Int] = [:]
    private var ofZone: [String: Int] = [:]
    private var unanswered: [String: Instant] = [:]

    init(limits: LookupLimits) { self.limits = limits }

    mutating func ask(_ name: String, for tenant: TenantID, as waiter: Waiter, at now: Instant) -> Answer {
        if lookups[name]?.waiters.insert(waiter) != nil { return .underWay }
        if let until = unanswered[name] {
            if now < until { return .unanswered(until: until) }
            unanswered[name] = nil
        }
        let request = Request(waiter: waiter, name: name, tenant: tenant, zone: Self.zone(of: name))
        if mayBegin(request) {
            begin(request)
            return .begin
        }
        guard requests.count < limits.waiting, requests.count(where: { $0.tenant == tenant }) < limits.waitingOfOneTenant else {
            return .refused
        }
        requests.append(request)
        return .queued
    }

    /// Begins the look-ups that may begin now.
    ///
    /// - Returns: their names.
    mutating func beginNext() -> [String] {
        var names: [String] = []
        while let next = nextRequest {
            begin(next)
            names.append(next.name)
        }
        return names
    }

    /// Ends a look-up.
    ///
    /// - Parameter isUnanswered: whether its servers have not answered.
    /// - Returns: who waits for its outcome.
    mutating func end(_ name: String, isUnanswered: Bool, at now: Instant) -> Set<Waiter> {
        guard let lookup = lookups.removeValue(forKey: name) else { return [] }
        Self.decrement(&ofTenant, lookup.tenant)
        Self.decrement(&ofZone, lookup.zone)
        if isUnanswered { remember(name, at: now) }
        return lookup.waiters
    }

    /// Ends a look-up that has not been made, if nobody waits for it any more.
    mutating func abandon(_ name: String, at now: Instant) -> Bool {
        guard lookups[name]?.waiters.isEmpty == true else { return false }
        _ = end(name, isUnanswered: false, at: now)
        return true
    }

    /// Takes a caller out, if it waits for a look-up that has not begun.
    mutating func giveUp(_ waiter: Waiter) -> Bool {
        guard let index = requests.firstIndex(where: { $0.waiter == waiter }) else { return false }
        requests.remove(at: index)
        return true
    }

    /// Takes a caller out, whatever it waits for.
    mutating func leave(_ waiter: Waiter, of name: String) {
        if !giveUp(waiter) { lookups[name]?.waiters.remove(waiter) }
    }

    private func mayBegin(_ request: Request) -> Bool {
        lookups.count < limits.threads && ofTenant[request.tenant] ?? 0 < limits.threadsOfOneTenant
            && ofZone[request.zone] ?? 0 < limits.threadsOfOneZone
    }

    private var nextRequest: Request? {
        guard lookups.count < limits.threads else { return nil }
        // Of equals, `min` gives the first.
        return requests.lazy.filter(mayBegin).min { ofTenant[$0.tenant] ?? 0 < ofTenant[$1.tenant] ?? 0 }
    }

    /// Everyone who waits for the name, of whatever organisation, waits for this look-up from now on.
    private mutating func begin(_ request: Request) {
        let waiters = requests.lazy.filter { $0.name == request.name }.map(\.waiter)
        lookups[request.name] = Lookup(tenant: request.tenant, zone: request.zone, waiters: Set(waiters).union([request.waiter]))
        requests.removeAll { $0.name == request.name }
        ofTenant[request.tenant, default: 0] += 1
        ofZone[request.zone, default: 0] += 1
    }

    private mutating func remember(_ name: String, at now: Instant) {
        if unanswered.count >= limits.unanswered { unanswered = unanswered.filter { now < $0.value } }
        // What there is no room for is looked up again, within the limits.
        if unanswered.count < limits.unanswered { unanswered[name] = now + limits.unansweredFor }
    }

    private static func decrement<Key>(_ counts: inout [Key: Int], _ key: Key) {
        let left = (counts[key] ?? 1) - 1
        counts[key] = left > 0 ? left : nil
    }

    /// The domain that probably has name servers of its own: two labels, or three below `co.uk` and the like. A guess is enough: it only
    /// decides who shares a limit.
    static func zone(of name: String) -> String {
        let labels = name.split(separator: ".")
        let isBelowCountry = labels.count > 2 && labels[labels.count - 1].utf8.count == 2 && labels[labels.count - 2].utf8.count <= 3
        return labels.suffix(isBelowCountry ? 3 : 2).joined(separator: ".")
    }
}
