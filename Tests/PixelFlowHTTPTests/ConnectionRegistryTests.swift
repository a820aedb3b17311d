import PixelFlowCore
import Synchronization
import Testing
import WireFormats

@testable import PixelFlowHTTP

@Suite("Connections of a process")
struct ConnectionRegistryTests {
    private let evicted = Evictions()

    private func registry(total: Int = 1000, perAddress: Int = 1000, grace: Duration = .zero, trusted: TrustedProxies = .loopback)
        -> ConnectionRegistry
    {
        var limits = ConnectionLimits()
        limits.total = total
        limits.perAddress = perAddress
        limits.accepted = total + 8
        limits.evictionGrace = grace
        return ConnectionRegistry(limits: limits, trusted: trusted)
    }

    private func open(_ registry: ConnectionRegistry, _ address: String, _ name: String = "") -> ConnectionRegistry.Entry? {
        let admission = registry.open(from: IPAddress.peer(address)) { [evicted] in evicted.add(name) }
        guard case .admitted(let entry) = admission else { return nil }
        return entry
    }

    @Test("an address gets its share and no more, and does not affect the others")
    func addressGetsItsShare() throws {
        let registry = registry(perAddress: 2)
        let first = try #require(open(registry, "203.0.113.1"))
        #expect(open(registry, "203.0.113.1") != nil)
        #expect(open(registry, "203.0.113.1") == nil)
        #expect(open(registry, "203.0.113.2") != nil)
        registry.close(first)
        registry.close(first)
        #expect(open(registry, "203.0.113.1") != nil)
        #expect(registry.count == 3)
    }

    @Test("an IPv6 /64 network counts as one address, and IPv4-mapped IPv6 as IPv4")
    func ipv6NetworkCountsAsOneAddress() {
        let registry = registry(perAddress: 1)
        #expect(open(registry, "2001:db8::1") != nil)
        #expect(open(registry, "2001:db8::2") == nil)
        #expect(open(registry, "2001:db8:0:1::2") != nil)
        #expect(open(registry, "203.0.113.1") != nil)
        #expect(open(registry, "::ffff:203.0.113.1") == nil)
    }

    @Test("a trusted proxy is exempt from the limit per address, but not from the overall limit")
    func trustedProxyIsExemptFromTheShare() throws {
        let registry = registry(total: 3, perAddress: 1, trusted: try TrustedProxies(setting: "10.0.0.0/8"))
        for _ in 0..<3 { try #require(open(registry, "10.1.2.3")).setWaiting(false) }
        #expect(open(registry, "10.1.2.3") == nil)
        #expect(registry.count == 3)
    }

    @Test("at the limit, the connection that has waited longest is closed, from the address with the most connections")
    func longestWaitingConnectionIsClosed() throws {
        let registry = registry(total: 4)
        let names = [("203.0.113.9", "old and single"), ("203.0.113.1", "busy"), ("203.0.113.1", "first"), ("203.0.113.1", "second")]
        let entries = try names.map { try #require(open(registry, $0, $1)) }
        entries[1].setWaiting(false)
        #expect(open(registry, "203.0.113.5") != nil)
        #expect(evicted.names == ["first"])
        #expect(registry.count == 4)
    }

    @Test("if all connections are busy, none is closed, and the new one is refused")
    func busyConnectionsAreNotClosed() throws {
        let registry = registry(total: 2)
        for address in ["203.0.113.1", "203.0.113.2"] { try #require(open(registry, address)).setWaiting(false) }
        #expect(open(registry, "203.0.113.3") == nil)
        #expect(evicted.names.isEmpty)
    }

    @Test("connections of a proxy are closed only if there are no others")
    func proxyConnectionsAreClosedLast() throws {
        let registry = registry(total: 3, trusted: try TrustedProxies(setting: "10.0.0.0/8"))
        for name in ["proxy 1", "proxy 2"] { _ = try #require(open(registry, "10.0.0.1", name)) }
        _ = try #require(open(registry, "203.0.113.1", "client"))
        #expect(open(registry, "203.0.113.2") != nil)
        #expect(evicted.names == ["client"])
    }

    @Test("a new connection is not the one to be closed, even if the others come through a proxy")
    func newConnectionIsNotClosed() throws {
        let registry = registry(total: 3, grace: .seconds(600), trusted: try TrustedProxies(setting: "10.0.0.0/8"))
        for name in ["proxy 1", "proxy 2"] { _ = try #require(open(registry, "10.0.0.1", name)) }
        _ = try #require(open(registry, "203.0.113.1", "client"))
        #expect(open(registry, "203.0.113.2") != nil)
        #expect(evicted.names == ["proxy 1"])
    }

    @Test("accepting stops at the limit and resumes once there is room")
    func acceptingStopsAtTheLimit() {
        let registry = registry(total: 1)
        let resumed = Mutex(0)
        for _ in 0..<9 {
            #expect(registry.mayAccept { resumed.withLock { $0 += 1 } })
            registry.accepted()
        }
        #expect(!registry.mayAccept { resumed.withLock { $0 += 1 } })
        #expect(resumed.withLock { $0 } == 0)
        registry.released()
        #expect(resumed.withLock { $0 } == 1)
        #expect(registry.mayAccept {})
    }

    @Test(
        "the limits keep a reserve of descriptors, however few there are",
        arguments: [(256, 85, 128), (1024, 341, 405), (65_536, 4096, 4160), (3, 1, 2)])
    func descriptorsAreReserved(limit: Int, total: Int, accepted: Int) {
        let limits = ConnectionLimits().fitting(descriptors: limit)
        #expect((limits.total, limits.accepted) == (total, accepted))
    }

    @Test(
        "the error names the bad setting",
        arguments: [
            ("PIXELFLOW_HTTP_MAX_CONNECTIONS", "0"), ("PIXELFLOW_HTTP_MAX_CONNECTIONS_PER_ADDRESS", "-1"),
            ("PIXELFLOW_HTTP_HEADER_TIMEOUT", "0"), ("PIXELFLOW_HTTP_IDLE_TIMEOUT", "soon"), ("PIXELFLOW_HTTP_MIN_BODY_RATE", "-1"),
            ("PIXELFLOW_HTTP_MAX_HEADER_BYTES", "1"), ("PIXELFLOW_HTTP_MAX_HEADER_COUNT", "1"),
        ])
    func invalidSettingIsNamed(name: String, value: String) {
        let error = #expect(throws: PixelFlowError.self) { try ConnectionLimits(Settings(environment: [name: value])) }
        #expect(error?.field == name)
    }
}

/// The connections closed to make room, in order.
private final class Evictions: Sendable {
    private let stored = Mutex<[String]>([])

    var names: [String] { stored.withLock { $0 } }

    func add(_ name: String) { stored.withLock { $0.append(name) } }
}
