import Conformance
import HTTPTypes
import HummingbirdTesting
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowLimits
import Prometheus
import Testing

@testable import PixelFlowAuth

@Suite("Registration limits")
struct RegistrationLimitTests {
    @Test("closed registration refuses every request, and existing accounts can still sign in")
    func closedRegistrationRefusesEveryRequest() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in try await client.register() }
        try await harness.run(with: { $0.registration = .closed }) { client in
            let bodies: [[String: any Sendable]] = [["email": "bob@example.org", "password": "correct horse"], [:], ["email": 1]]
            for body in bodies {
                let response = try await client.post("/register", body)
                #expect(response.status == .forbidden)
                #expect(response.code == "registration_closed")
            }
            #expect(try await client.login().status == .ok)
            #expect(try await client.get("/register").object()["registration"] as? String == "closed")
        }
        #expect(harness.registry[#"auth_registrations_refused_total{reason="closed"}"#] == 3)
    }

    @Test("a page can read whether registration is open")
    func registrationModeIsReported() async throws {
        try await AuthHarness().run { client in
            let response = try await client.get("/register")
            #expect(response.status == .ok)
            #expect(try response.object()["registration"] as? String == "open")
            #expect(response.headers[.cacheControl] == "no-store")
        }
    }

    @Test("registrations per hour and address are limited, and other addresses are not affected")
    func registrationsAreLimitedPerAddress() async throws {
        let harness = try AuthHarness()
        try await harness.runLive(with: { $0.registrationsPerHour = 6 }) { client in
            for number in 0..<6 {
                #expect(try await client.forwarding("2001:db8::\(number)").register("a\(number)@example.org").status == .created)
            }
            let hashed = harness.hasher.hashes
            let refused = try await client.forwarding("2001:db8::77").register("a7@example.org")
            #expect(refused.status == .tooManyRequests)
            #expect(refused.code == "registration_throttled")
            #expect(refused.headers[.retryAfter] == "600")
            #expect(harness.hasher.hashes == hashed)
            #expect(try await client.forwarding("203.0.113.9").register("b@example.org").status == .created)
            harness.clock.advance(by: .seconds(599))
            #expect(try await client.forwarding("2001:db8::77").register("a7@example.org").headers[.retryAfter] == "1")
            harness.clock.advance(by: .seconds(1))
            #expect(try await client.forwarding("2001:db8::77").register("a7@example.org").status == .created)
            #expect(try await client.forwarding("2001:db8::77").register("a8@example.org").status == .tooManyRequests)
            // Invalid registrations are not counted.
            #expect(try await client.forwarding("198.51.100.1").register("nonsense").status == .unprocessableContent)
            for number in 10..<16 {
                #expect(try await client.forwarding("198.51.100.1").register("a\(number)@example.org").status == .created)
            }
        }
        #expect(harness.registry[#"auth_registrations_refused_total{reason="throttled"}"#] == 3)
    }

    @Test("replicas share the allowance")
    func replicasShareTheAllowance() async throws {
        let limiter = InMemoryRateLimiter(clock: ManualClock())
        let replicas = [0, 1].map { _ in AddressThrottle(.registration, perHour: 3, limiter: limiter) }
        for number in 0..<3 { try await replicas[number % 2].admit("203.0.113.9") }
        for replica in replicas { await #expect(throws: PixelFlowError.self) { try await replica.admit("203.0.113.9") } }
        try await replicas[0].admit("203.0.113.10")
    }

    @Test("a forged address does not evade the limit")
    func forgedAddressDoesNotEvadeTheLimit() async throws {
        try await AuthHarness().runLive(with: { settings in
            settings.registrationsPerHour = 2
            settings.proxies = TrustedProxies([])
        }) { client in
            for number in 0..<2 {
                let registered = try await client.forwarding("203.0.113.\(number)").register("a\(number)@b.c")
                #expect(registered.status == .created)
            }
            #expect(try await client.forwarding("203.0.113.7").register("a7@b.c").status == .tooManyRequests)
        }
    }

    /// All with the right password, so no throttle of failures stops them.
    @Test("the logins of one address leave room for those of others")
    func loginsOfOneAddressLeaveRoom() async throws {
        // Cost 12 takes at least 0.2 s, so the queue stays full.
        let hasher = try BcryptHasher(cost: 12, threads: 1, queue: 8)
        let known = try await hasher.hash("correct horse")
        let (codes, continuation) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    do {
                        #expect(try await hasher.verify("correct horse", against: known, for: "203.0.113.1"))
                        continuation.yield("ok")
                    } catch {
                        continuation.yield((error as? PixelFlowError)?.code ?? "\(error)")
                    }
                }
            }
            // One is running and two wait; the others are refused immediately.
            var iterator = codes.makeAsyncIterator()
            for _ in 0..<9 { #expect(try await iterator.next("a response to a login") == "auth_busy") }
            #expect(try await hasher.verify("correct horse", against: known, for: "203.0.113.2"))
            try await group.waitForAll()
        }
    }

    /// The registrations occupy all their threads and queue slots until the login has finished.
    @Test("a burst of registrations does not delay logins")
    func registrationsDoNotDelayLogins() async throws {
        // Cost 12 takes at least 0.2 s, so the queue stays full.
        let hasher = try BcryptHasher(cost: 12, threads: 1, queue: 1, registrationThreads: 1, registrationQueue: 4)
        let known = try await BcryptHasher(cost: 4, threads: 1, queue: 1).hash("correct horse")
        let (entered, entry) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do {
                        _ = try await hasher.hash("correct horse")
                        entry.yield("ok")
                    } catch {
                        entry.yield((error as? PixelFlowError)?.code ?? "\(error)")
                    }
                }
            }
            // Thirty-five are refused immediately, so the others are queued or running.
            var codes: [String: Int] = [:]
            var iterator = entered.makeAsyncIterator()
            while codes["registration_busy", default: 0] < 35, let code = try await iterator.next("a response to a registration") {
                codes[code, default: 0] += 1
            }
            #expect(codes["ok", default: 0] <= 5)
            for _ in 0..<3 { #expect(try await hasher.verify("correct horse", against: known)) }
            try await group.waitForAll()
        }
    }
}
