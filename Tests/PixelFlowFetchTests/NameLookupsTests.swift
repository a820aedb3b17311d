import PixelFlowCore
import Testing

@testable import PixelFlowFetch

/// Tests the state machine on its own.
@Suite struct NameLookupsTests {
    private static let now = ContinuousClock.now
    private static let one = TenantID("one")
    private static let other = TenantID("other")

    /// A reference to the state machine, because expectations cannot change a value.
    private final class Lookups {
        private var rules: NameLookups

        init(threads: Int = 4, tenant: Int = 2, zone: Int = 3, _ change: (inout LookupLimits) -> Void = { _ in }) {
            var limits = LookupLimits(threads: threads, threadsOfOneTenant: tenant, threadsOfOneZone: zone)
            change(&limits)
            rules = NameLookups(limits: limits)
        }

        func ask(_ name: String, for tenant: TenantID, as waiter: NameLookups.Waiter, at now: NameLookups.Instant) -> NameLookups.Admission
        {
            rules.ask(name, for: tenant, as: waiter, at: now)
        }
        func beginNext() -> [String] { rules.beginNext() }
        func end(_ name: String, isUnanswered: Bool, at now: NameLookups.Instant) -> Set<NameLookups.Waiter> {
            rules.end(name, isUnanswered: isUnanswered, at: now)
        }
        func abandon(_ name: String, at now: NameLookups.Instant) -> Bool { rules.abandon(name, at: now) }
        func giveUp(_ waiter: NameLookups.Waiter) -> Bool { rules.giveUp(waiter) }
        func leave(_ waiter: NameLookups.Waiter, of name: String) { rules.leave(waiter, of: name) }
    }

    @Test(arguments: [
        ("example", "example"), ("minio", "minio"), ("a.example", "a.example"), ("a.b.example", "b.example"), ("a.b.co.uk", "b.co.uk"),
        ("co.uk", "co.uk"), ("a.com.au", "a.com.au"), ("x.a.com.au", "a.com.au"), ("a.house.de", "house.de"),
        ("minio.storage.svc.cluster.local", "cluster.local"),
    ])
    func zoneIsTheRegisteredDomain(name: String, zone: String) {
        #expect(NameLookups.zone(of: name) == zone)
    }

    @Test func organisationWithFewestRunningLookupsComesFirst() {
        let lookups = Lookups(threads: 2)
        #expect(lookups.ask("a.one", for: Self.one, as: 1, at: Self.now) == .begin)
        #expect(lookups.ask("b.one", for: Self.one, as: 2, at: Self.now) == .begin)
        #expect(lookups.ask("c.one", for: Self.one, as: 3, at: Self.now) == .queued)
        #expect(lookups.ask("d.other", for: Self.other, as: 4, at: Self.now) == .queued)
        #expect(lookups.end("a.one", isUnanswered: false, at: Self.now) == [1])
        #expect(lookups.beginNext() == ["d.other"])
        #expect(lookups.end("b.one", isUnanswered: false, at: Self.now) == [2])
        #expect(lookups.beginNext() == ["c.one"])
        #expect(lookups.beginNext().isEmpty)
    }

    /// Otherwise the name would wait in the queue of an organisation that cannot start a lookup.
    @Test func waitingLookupIsNotShared() {
        let lookups = Lookups()
        #expect(lookups.ask("a.one", for: Self.one, as: 1, at: Self.now) == .begin)
        #expect(lookups.ask("b.one", for: Self.one, as: 2, at: Self.now) == .begin)
        #expect(lookups.ask("pictures.example", for: Self.one, as: 3, at: Self.now) == .queued)
        #expect(lookups.ask("pictures.example", for: Self.other, as: 4, at: Self.now) == .begin)
        // Its result goes to both callers.
        #expect(lookups.end("pictures.example", isUnanswered: false, at: Self.now) == [3, 4])
        #expect(lookups.beginNext().isEmpty)
    }

    @Test func callersThatHaveLeftGetNoResult() {
        let lookups = Lookups(threads: 1)
        #expect(lookups.ask("a.one", for: Self.one, as: 1, at: Self.now) == .begin)
        #expect(lookups.ask("a.one", for: Self.one, as: 2, at: Self.now) == .underWay)
        #expect(lookups.ask("b.one", for: Self.one, as: 3, at: Self.now) == .queued)
        #expect(!lookups.giveUp(2))
        lookups.leave(2, of: "a.one")
        #expect(!lookups.abandon("a.one", at: Self.now))
        lookups.leave(1, of: "a.one")
        #expect(lookups.giveUp(3))
        #expect(!lookups.giveUp(3))
        #expect(lookups.abandon("a.one", at: Self.now))
        #expect(lookups.beginNext().isEmpty)
        #expect(lookups.ask("b.one", for: Self.one, as: 4, at: Self.now) == .begin)
    }

    @Test func unansweredNamesExpireAndAreBounded() {
        let lookups = Lookups() {
            $0.unanswered = 2
            $0.unansweredFor = .seconds(10)
        }
        for (number, name) in ["a.example", "b.example", "c.example"].enumerated() {
            #expect(lookups.ask(name, for: Self.one, as: UInt64(number), at: Self.now) == .begin)
            _ = lookups.end(name, isUnanswered: true, at: Self.now)
        }
        let until = Self.now + .seconds(10)
        #expect(lookups.ask("a.example", for: Self.other, as: 10, at: until - .seconds(1)) == .unanswered(until: until))
        #expect(lookups.ask("b.example", for: Self.other, as: 11, at: until - .seconds(1)) == .unanswered(until: until))
        // It was not kept, because there was no room.
        #expect(lookups.ask("c.example", for: Self.other, as: 12, at: until - .seconds(1)) == .begin)
        #expect(lookups.ask("a.example", for: Self.other, as: 13, at: until) == .begin)
        // Expired names make room.
        _ = lookups.end("a.example", isUnanswered: false, at: until)
        _ = lookups.end("c.example", isUnanswered: true, at: until)
        #expect(lookups.ask("c.example", for: Self.other, as: 14, at: until) == .unanswered(until: until + .seconds(10)))
    }

    /// In every state the limits hold, each caller gets a result, and no lookup waits that could start.
    @Test(arguments: 0..<20) func randomWalks(seed: UInt64) {
        var random = SplitMix(state: seed)
        let lookups = Lookups(threads: 5, tenant: 2, zone: 3) {
            $0.waiting = 12
            $0.waitingOfOneTenant = 6
        }
        var waiting: [NameLookups.Waiter: (name: String, tenant: TenantID, hasBegun: Bool)] = [:]
        var underWay: [String: TenantID] = [:]
        var last: NameLookups.Waiter = 0
        func zone(_ name: String) -> String { NameLookups.zone(of: name) }
        func begin(_ name: String, _ tenant: TenantID) {
            #expect(underWay[name] == nil)
            underWay[name] = tenant
            for (waiter, entry) in waiting where entry.name == name { waiting[waiter] = (name, entry.tenant, true) }
        }
        for _ in 0..<2000 {
            switch random.next() % 4 {
            case 0, 1:
                last += 1
                let name = "host\(random.next() % 4).zone\(random.next() % 4).example"
                let tenant = TenantID("\(random.next() % 5)")
                switch lookups.ask(name, for: tenant, as: last, at: Self.now) {
                case .begin:
                    waiting[last] = (name, tenant, true)
                    begin(name, tenant)
                case .underWay:
                    #expect(underWay[name] != nil)
                    waiting[last] = (name, tenant, true)
                case .queued: waiting[last] = (name, tenant, false)
                case .refused: #expect(waiting.values.count { !$0.hasBegun } >= 6)
                case .unanswered: Issue.record("nothing was unanswered")
                }
            case 2:
                guard let (waiter, entry) = waiting.randomElement(using: &random) else { continue }
                lookups.leave(waiter, of: entry.name)
                waiting[waiter] = nil
            default:
                guard let name = underWay.keys.randomElement(using: &random) else { continue }
                let told = lookups.end(name, isUnanswered: false, at: Self.now)
                #expect(told == Set(waiting.filter { $0.value.name == name }.keys))
                for waiter in told { waiting[waiter] = nil }
                underWay[name] = nil
                for next in lookups.beginNext() {
                    // It counts for the waiting caller that came first; any caller satisfies the limits below.
                    let tenants = waiting.filter { $0.value.name == next && !$0.value.hasBegun }
                    let tenant = tenants.min { left, right in
                        let (l, r) = (underWay.values.count { $0 == left.value.tenant }, underWay.values.count { $0 == right.value.tenant })
                        return (l, left.key) < (r, right.key)
                    }
                    begin(next, tenant?.value.tenant ?? TenantID("nobody"))
                }
            }
            #expect(underWay.count <= 5)
            #expect(Dictionary(grouping: underWay.values) { $0 }.values.allSatisfy { $0.count <= 2 })
            #expect(Dictionary(grouping: underWay.keys, by: zone).values.allSatisfy { $0.count <= 3 })
            let left = waiting.values.filter { !$0.hasBegun }
            #expect(left.count <= 12)
            #expect(
                left.allSatisfy { entry in
                    underWay.count == 5 || underWay.values.count { $0 == entry.tenant } == 2
                        || underWay.keys.count { zone($0) == zone(entry.name) } == 3
                })
        }
    }
}

/// A seeded generator, so that a failure can be reproduced.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
