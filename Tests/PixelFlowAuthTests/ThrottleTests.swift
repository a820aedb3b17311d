import Conformance
import HTTPTypes
import HummingbirdTesting
import PixelFlowCore
import PixelFlowHTTP
import Testing

@testable import PixelFlowAuth

@Suite("Login throttling")
struct ThrottleTests {
    @Test("guesses at one account are delayed more and more, but never permanently")
    func guessesAreDelayed() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            try await client.register()
            for _ in 0..<5 { #expect(try await client.login("ada@example.org", "wrong password").status == .unauthorized) }
            var waits: [Int] = []
            for _ in 0..<4 {
                let refused = try await client.login()
                #expect(refused.status == .tooManyRequests)
                #expect(refused.code == "login_throttled")
                let wait = try #require(refused.headers[.retryAfter].flatMap { Int($0) })
                waits.append(wait)
                let pause = wait == 1 ? "1 second" : "\(wait) seconds"
                #expect(try refused.object()["detail"] as? String == "Too many failed attempts; try again in \(pause).")
                harness.clock.advance(by: .seconds(wait))
                #expect(try await client.login("ada@example.org", "wrong password").status == .unauthorized)
            }
            #expect(waits == [1, 2, 4, 8])
            harness.clock.advance(by: .seconds(16))
            #expect(try await client.login().status == .ok)
        }
    }

    @Test("a refused attempt is not hashed")
    func refusedAttemptIsNotHashed() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            for _ in 0..<20 { _ = try await client.login("eve@example.org", "wrong password") }
        }
        #expect(harness.hasher.verifications.count == 5)
    }

    @Test("unknown accounts are throttled like known ones, and other accounts are not affected")
    func failuresCountPerAccount() async throws {
        try await AuthHarness().run { client in
            try await client.register()
            for _ in 0..<5 { _ = try await client.login("eve@example.org", "wrong password") }
            #expect(try await client.login("EVE@example.org ", "wrong password").status == .tooManyRequests)
            #expect(try await client.login().status == .ok)
        }
    }

    @Test("a success resets the account")
    func successResets() async throws {
        try await AuthHarness().run { client in
            try await client.register()
            for _ in 0..<3 {
                for _ in 0..<4 { #expect(try await client.login("ada@example.org", "wrong password").status == .unauthorized) }
                #expect(try await client.login().status == .ok)
            }
        }
    }

    @Test("the delay is capped, and forgotten after a time without failures")
    func delayIsCappedAndForgotten() throws {
        let clock = ManualClock()
        let throttle = LoginThrottle(clock: clock)
        for _ in 0..<40 {
            throttle.end(try throttle.begin(account: "ada", address: nil), .failed)
            clock.advance(by: .seconds(300))
        }
        throttle.end(try throttle.begin(account: "ada", address: nil), .failed)
        let error = #expect(throws: PixelFlowError.self) { try throttle.begin(account: "ada", address: nil) }
        #expect(error?.retryAfter == 300)
        clock.advance(by: .seconds(3601))
        for _ in 0..<5 { throttle.end(try throttle.begin(account: "ada", address: nil), .failed) }
    }

    @Test("an address that tries many accounts is throttled, whether it succeeds or not")
    func failuresCountPerAddress() throws {
        let clock = ManualClock()
        let throttle = LoginThrottle(clock: clock)
        for number in 0..<20 {
            throttle.end(try throttle.begin(account: "good", address: "a"), .succeeded)
            throttle.end(try throttle.begin(account: "user-\(number)", address: "a"), .failed)
        }
        #expect(throws: PixelFlowError.self) { try throttle.begin(account: "fresh", address: "a") }
        throttle.end(try throttle.begin(account: "fresh", address: "b"), .succeeded)
        clock.advance(by: .seconds(1))
        throttle.end(try throttle.begin(account: "fresh", address: "a"), .succeeded)
    }

    @Test("attackers cannot lock the owner out of an account")
    func attackersCannotLockOutTheOwner() throws {
        let clock = ManualClock()
        let throttle = LoginThrottle(clock: clock)
        // Every address of a network fails at one account as often as it can.
        for round in 0..<50 {
            for attacker in 0..<20 {
                guard let attempt = try? throttle.begin(account: "ada", address: "attacker-\(attacker)") else { continue }
                throttle.end(attempt, .failed)
            }
            clock.advance(by: .seconds(round))
        }
        #expect(throws: PixelFlowError.self) { try throttle.begin(account: "ada", address: "attacker-0") }
        throttle.end(try throttle.begin(account: "ada", address: "home"), .succeeded)
        // Her success resets no other address.
        #expect(throws: PixelFlowError.self) { try throttle.begin(account: "ada", address: "attacker-0") }
    }

    @Test("forwarded addresses from an untrusted proxy are ignored")
    func untrustedForwardedHeaderIsIgnored() async throws {
        let harness = try AuthHarness()
        try await harness.runLive(with: { $0.proxies = TrustedProxies([]) }) { client in
            try await client.register()
            for number in 0..<5 {
                let response = try await client.forwarding("203.0.113.\(number)").login("ada@example.org", "wrong password")
                #expect(response.status == .unauthorized)
            }
            #expect(try await client.forwarding("203.0.113.9").login().status == .tooManyRequests)
        }
    }

    @Test("a trusted proxy names the client, and an IPv6 network counts as one client")
    func trustedProxyNamesTheClient() async throws {
        let harness = try AuthHarness()
        try await harness.runLive(with: { $0.proxies = .loopback }) { client in
            try await client.register()
            for number in 0..<5 {
                let response = try await client.forwarding("1.2.3.4, 2001:db8::\(number)").login("ada@example.org", "wrong password")
                #expect(response.status == .unauthorized)
            }
            #expect(try await client.forwarding("2001:db8::ffff:9").login().status == .tooManyRequests)
            #expect(try await client.forwarding("2001:db8:0:1::1").login().status == .ok)
            #expect(try await client.forwarding("203.0.113.9").login().status == .ok)
            #expect(try await client.login().status == .ok)
        }
    }

    @Test("parallel guesses cannot pass before the first one is counted")
    func parallelGuessesAreLimited() throws {
        let throttle = LoginThrottle(clock: ManualClock())
        let running = try (0..<8).map { _ in try throttle.begin(account: "ada", address: nil) }
        #expect(throws: PixelFlowError.self) { try throttle.begin(account: "ada", address: nil) }
        for attempt in running { throttle.end(attempt, .undecided) }
        throttle.end(try throttle.begin(account: "ada", address: nil), .succeeded)
    }

    @Test("an outage does not count as a failure")
    func outageIsNotAFailure() throws {
        let throttle = LoginThrottle(clock: ManualClock())
        for _ in 0..<100 { throttle.end(try throttle.begin(account: "ada", address: "a"), .undecided) }
        #expect(throws: Never.self) { try throttle.begin(account: "ada", address: "a") }
    }

    @Test("memory is bounded, whatever is tried")
    func memoryIsBounded() {
        let clock = ManualClock()
        var tracker = AttemptTracker(
            LoginThrottle.Allowance(free: 0, parallel: 8, cap: .seconds(300)), memory: .seconds(3600), capacity: 100)
        for number in 0..<10_000 {
            tracker.begin("n\(number)", at: clock.now())
            tracker.end("n\(number)", failed: true, at: clock.now())
            clock.advance(by: .milliseconds(1))
            #expect(tracker.count <= 100)
        }
        #expect(tracker.wait("n9999", at: clock.now()) > .zero)
    }
}
