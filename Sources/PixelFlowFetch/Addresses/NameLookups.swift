package import PixelFlowCore

/// The limits on concurrent and waiting name lookups.
package struct LookupLimits: Sendable, Hashable {
    /// Concurrent lookups. Each blocks a thread until the resolver of the operating system returns, even if its caller has given up.
    package var threads: Int
    /// Per organisation, so that one whose names do not resolve in time leaves threads to the others.
    package var threadsOfOneTenant: Int
    /// Per domain, for all organisations together: its name servers may be down.
    package var threadsOfOneZone: Int
    /// How many callers may wait for a thread.
    package var waiting: Int
    package var waitingOfOneTenant: Int
    /// How long a caller may wait for a thread.
    package var waitLimit = Duration.seconds(3)
    /// A lookup that fails after at least this time counts as unanswered by the name servers.
    package var unansweredAfter = Duration.seconds(1)
    /// How long an unanswered name is not looked up again.
    package var unansweredFor = Duration.seconds(10)
    /// How many unanswered names are kept.
    package var unanswered = 512

    package init(threads: Int, threadsOfOneTenant: Int, threadsOfOneZone: Int, waiting: Int = 1024, waitingOfOneTenant: Int = 256) {
        self.threads = threads
        self.threadsOfOneTenant = threadsOfOneTenant
        self.threadsOfOneZone = threadsOfOneZone
        self.waiting = waiting
        self.waitingOfOneTenant = waitingOfOneTenant
    }

    /// For sources: a worker fetches only a few at a time.
    package static let sources = LookupLimits(threads: 32, threadsOfOneTenant: 2, threadsOfOneZone: 4)
    /// For webhooks: they go to many servers concurrently, up to 20 of one organisation.
    package static let posts = LookupLimits(threads: 64, threadsOfOneTenant: 4, threadsOfOneZone: 8)
}

/// The state machine of `SystemResolver`, without threads, clock or continuations: which name is looked up next, who waits for it, and who
/// is refused.
///
/// Callers that ask for a name whose lookup is running share that lookup. Among waiting callers, the organisation with the fewest running
/// lookups comes first, then the caller that has waited longest. Waiting lookups are not shared: otherwise one organisation would depend on
/// the queue position of another.
struct NameLookups: Sendable {
    /// Identifies a caller; never reused.
    typealias Waiter = UInt64
    typealias Instant = ContinuousClock.Instant

    enum Admission: Sendable, Hashable {
        /// The caller must run the lookup, and then call `end` or `abandon`.
        case begin
        /// The lookup is running, or waits until `beginNext` returns its name.
        case underWay, queued
        /// The queue is full.
        case refused
        /// The name servers did not respond; the name is not looked up again before this time.
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
    /// In order of arrival. None of them can start now: `beginNext` starts all that can.
    private var requests: [Request] = []
    private var ofTenant: [TenantID: Int] = [:]
    private var ofZone: [String: Int] = [:]
    private var unanswered: [String: Instant] = [:]

    init(limits: LookupLimits) { self.limits = limits }

    mutating func ask(_ name: String, for tenant: TenantID, as waiter: Waiter, at now: Instant) -> Admission {
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

    /// Starts the waiting lookups that the limits allow.
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

    /// Ends a lookup.
    ///
    /// - Parameter isUnanswered: whether the name servers did not respond.
    /// - Returns: the callers that wait for the result.
    mutating func end(_ name: String, isUnanswered: Bool, at now: Instant) -> Set<Waiter> {
        guard let lookup = lookups.removeValue(forKey: name) else { return [] }
        Self.decrement(&ofTenant, lookup.tenant)
        Self.decrement(&ofZone, lookup.zone)
        if isUnanswered { remember(name, at: now) }
        return lookup.waiters
    }

    /// Ends a lookup that has not been made, if no caller waits for it any more.
    mutating func abandon(_ name: String, at now: Instant) -> Bool {
        guard lookups[name]?.waiters.isEmpty == true else { return false }
        _ = end(name, isUnanswered: false, at: now)
        return true
    }

    /// Removes a caller that waits for a lookup that has not started.
    mutating func giveUp(_ waiter: Waiter) -> Bool {
        guard let index = requests.firstIndex(where: { $0.waiter == waiter }) else { return false }
        requests.remove(at: index)
        return true
    }

    /// Removes a caller, whether its lookup has started or not.
    mutating func leave(_ waiter: Waiter, of name: String) {
        if !giveUp(waiter) { lookups[name]?.waiters.remove(waiter) }
    }

    private func mayBegin(_ request: Request) -> Bool {
        lookups.count < limits.threads && ofTenant[request.tenant] ?? 0 < limits.threadsOfOneTenant
            && ofZone[request.zone] ?? 0 < limits.threadsOfOneZone
    }

    private var nextRequest: Request? {
        guard lookups.count < limits.threads else { return nil }
        // `min` returns the first of equal elements.
        return requests.lazy.filter(mayBegin).min { ofTenant[$0.tenant] ?? 0 < ofTenant[$1.tenant] ?? 0 }
    }

    /// From now on, all callers that wait for this name, of any organisation, share this lookup.
    private mutating func begin(_ request: Request) {
        let waiters = requests.lazy.filter { $0.name == request.name }.map(\.waiter)
        lookups[request.name] = Lookup(tenant: request.tenant, zone: request.zone, waiters: Set(waiters).union([request.waiter]))
        requests.removeAll { $0.name == request.name }
        ofTenant[request.tenant, default: 0] += 1
        ofZone[request.zone, default: 0] += 1
    }

    private mutating func remember(_ name: String, at now: Instant) {
        if unanswered.count >= limits.unanswered { unanswered = unanswered.filter { now < $0.value } }
        // If there is no room to keep the name, it is looked up again, within the limits.
        if unanswered.count < limits.unanswered { unanswered[name] = now + limits.unansweredFor }
    }

    private static func decrement<Key>(_ counts: inout [Key: Int], _ key: Key) {
        let left = (counts[key] ?? 1) - 1
        counts[key] = left > 0 ? left : nil
    }

    /// The domain that probably has its own name servers: two labels, or three below `co.uk` and similar suffixes. A guess is enough,
    /// because it only decides which names share a limit.
    static func zone(of name: String) -> String {
        let labels = name.split(separator: ".")
        let isBelowCountry = labels.count > 2 && labels[labels.count - 1].utf8.count == 2 && labels[labels.count - 2].utf8.count <= 3
        return labels.suffix(isBelowCountry ? 3 : 2).joined(separator: ".")
    }
}
