import Foundation
import NIOCore
import Synchronization
import WireFormats

/// All connections of a process: counts them, in total and by address, and selects those that can be closed for a new one.
package final class ConnectionRegistry: Sendable {
    /// A connection in the registry.
    final class Entry: Sendable {
        fileprivate let number: UInt64
        fileprivate let peer: String
        private let evict: @Sendable () -> Void
        /// The start of the time without a request, in nanoseconds of uptime; 0 during a request.
        private let waitingSince: Atomic<UInt64>

        fileprivate init(number: UInt64, peer: String, evict: @escaping @Sendable () -> Void) {
            self.number = number
            self.peer = peer
            self.evict = evict
            waitingSince = Atomic(NIODeadline.now().uptimeNanoseconds)
        }

        /// Lock-free, because each request changes it twice.
        func setWaiting(_ isWaiting: Bool) {
            waitingSince.store(isWaiting ? NIODeadline.now().uptimeNanoseconds : 0, ordering: .relaxed)
        }

        fileprivate var waitsSince: UInt64? {
            let since = waitingSince.load(ordering: .relaxed)
            return since == 0 ? nil : since
        }

        fileprivate func giveUp() {
            waitingSince.store(0, ordering: .relaxed)
            evict()
        }
    }

    enum Admission {
        case admitted(Entry)
        case refused(ConnectionState.Refusal)
    }

    private struct Peer {
        var isTrusted: Bool
        var entries: [UInt64: Entry] = [:]
    }

    private struct State {
        var total = 0
        /// Refused connections that are still open, and the number of refusals sent in the current second.
        var lingering = 0
        var refused: (second: UInt64, count: Int) = (0, 0)
        var accepted = 0
        /// Closures that continue accepting once there is room.
        var waiting: [@Sendable () -> Void] = []
        var lastNumber: UInt64 = 0
        var peers: [String: Peer] = [:]
    }

    let limits: ConnectionLimits
    private let trusted: TrustedProxies
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limits: the limits of the process, see `ConnectionLimits.fitting`.
    ///   - trusted: proxies, each of which serves many clients, and which are therefore not limited by address.
    package init(limits: ConnectionLimits = ConnectionLimits(), trusted: TrustedProxies = .loopback) {
        self.limits = limits
        self.trusted = trusted
    }

    /// The number of open connections.
    var count: Int { state.withLock(\.total) }

    /// Admits a connection, if necessary by evicting those that have waited longest for a request.
    ///
    /// - Parameters:
    ///   - address: the address of the peer; nil if it has none, such as on a UNIX socket.
    ///   - evict: closes the connection unless it has received a request in the meantime; called on any thread.
    func open(from address: IPAddress?, evict: @escaping @Sendable () -> Void) -> Admission {
        let peer = address?.subscriber ?? "local"
        let isTrusted = address.map(trusted.trusts) ?? true
        let (admission, victims) = state.withLock { state -> (Admission, [Entry]) in
            let known = state.peers[peer]?.entries.count ?? 0
            if !isTrusted, known >= limits.perAddress { return (.refused(.addressLimit), []) }
            var victims: [Entry] = []
            if state.total >= limits.total {
                victims = self.victims(of: state, upTo: max(1, limits.total / 64))
                if victims.isEmpty { return (.refused(.totalLimit), []) }
                for victim in victims { Self.remove(victim, from: &state) }
            }
            state.lastNumber += 1
            let entry = Entry(number: state.lastNumber, peer: peer, evict: evict)
            state.peers[peer, default: Peer(isTrusted: isTrusted)].entries[entry.number] = entry
            state.total += 1
            return (.admitted(entry), victims)
        }
        for victim in victims { victim.giveUp() }
        return admission
    }

    /// Whether an address has reached both its limit and the limit of refusals, so that it gets no response.
    func isExhausted(for address: IPAddress) -> Bool {
        guard !trusted.trusts(address) else { return false }
        return state.withLock { state in
            !mayRespond(&state) && (state.peers[address.subscriber]?.entries.count ?? 0) >= limits.perAddress
        }
    }

    func close(_ entry: Entry) { state.withLock { Self.remove(entry, from: &$0) } }

    /// Whether one more connection may receive the reason for its refusal; pair with `endLingering`.
    func beginLingering() -> Bool {
        state.withLock { state in
            guard mayRespond(&state) else { return false }
            state.lingering += 1
            state.refused.count += 1
            return true
        }
    }

    /// Limited at a time and per second: in a flood, a response to each connection would cost more than serving it.
    private func mayRespond(_ state: inout State) -> Bool {
        let second = NIODeadline.now().uptimeNanoseconds / 1_000_000_000
        if state.refused.second != second { state.refused = (second, 0) }
        return state.lingering < limits.lingering && state.refused.count < limits.lingering
    }

    func endLingering() { state.withLock { $0.lingering -= 1 } }

    // MARK: Accepting

    /// Whether one more connection may be accepted. If not, `resume` is called later, on any thread, when it may.
    func mayAccept(orLater resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.accepted < limits.accepted { return true }
            state.waiting.append(resume)
            return false
        }
    }

    func accepted() { state.withLock { $0.accepted += 1 } }

    func released() {
        let waiting = state.withLock { state in
            state.accepted -= 1
            guard state.accepted < limits.accepted else { return [] as [@Sendable () -> Void] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for resume in waiting { resume() }
    }

    /// The longest waiting connections of the address with the most of them. A new connection is about to send a request and is evicted
    /// only if all are new; one of a trusted proxy, which serves many clients, only if no others are waiting. Returns several, because
    /// finding them requires a scan of all.
    private func victims(of state: State, upTo count: Int) -> [Entry] {
        let grace = UInt64(max(0, TimeAmount(limits.evictionGrace).nanoseconds))
        let now = NIODeadline.now().uptimeNanoseconds
        let rounds: [(isTrusted: Bool?, before: UInt64)] = [(false, now - min(now, grace)), (true, now - min(now, grace)), (nil, .max)]
        for round in rounds {
            let peers = state.peers.values.filter { round.isTrusted == nil || $0.isTrusted == round.isTrusted }
            let waiting = peers.map { peer in
                peer.entries.values.compactMap { entry in entry.waitsSince.flatMap { $0 <= round.before ? (since: $0, entry: entry) : nil }
                }
            }
            guard let most = waiting.max(by: { $0.count < $1.count }), !most.isEmpty else { continue }
            return most.sorted { $0.since < $1.since }.prefix(count).map(\.entry)
        }
        return []
    }

    private static func remove(_ entry: Entry, from state: inout State) {
        guard state.peers[entry.peer]?.entries.removeValue(forKey: entry.number) != nil else { return }
        state.total -= 1
        if state.peers[entry.peer]?.entries.isEmpty == true { state.peers[entry.peer] = nil }
    }
}
