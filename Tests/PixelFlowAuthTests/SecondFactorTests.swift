import Conformance
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import Testing
import WireFormats

@testable import PixelFlowAuth

/// Sign-ins with codes of an authenticator app.
struct SecondFactorTests {
    private static let operatorSecret = "the-secret-of-the-services-is-long-enough"

    /// RFC 6238, appendix B; the last six of the eight digits.
    @Test(arguments: [
        (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"), (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ])
    func codesMatchTheStandard(_ seconds: Int64, _ code: String) {
        let secret = Base32.encoded(Array("12345678901234567890".utf8))
        #expect(TimeBasedCode.code(secret, step: TimeBasedCode.step(at: seconds)) == code)
        #expect(TimeBasedCode.step(of: code, secret, at: seconds) == TimeBasedCode.step(at: seconds))
        #expect(TimeBasedCode.step(of: code, secret, at: seconds + 30) == TimeBasedCode.step(at: seconds))
        #expect(TimeBasedCode.step(of: code, secret, at: seconds + 90) == nil)
    }

    @Test func aSignInNeedsACodeOnceItIsOn() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            let app = try await App(client, ada, harness)
            // An unconfirmed secret changes nothing.
            #expect(try await client.login().status == .ok)
            let wrong = try await client.send(.put, "/me/second-factor", as: ada.token, ["code": app.wrongCode])
            #expect(wrong.code == "second_factor_invalid")
            #expect(wrong.status == .forbidden)
            let codes = try await app.confirm()
            #expect(codes.count == 10)
            #expect(Set(codes).count == 10)

            #expect(try await client.login().code == "second_factor_required")
            let unknown = try await client.post("/login", ["email": "bob@example.org", "password": "correct horse", "code": app.code])
            #expect(unknown.code == "credentials_invalid")
            // The code that confirmed the secret cannot be used again.
            #expect(try await app.login(app.code).code == "second_factor_invalid")
            harness.clock.advance(by: .seconds(30))
            #expect(try await app.login(app.wrongCode).code == "second_factor_invalid")
            #expect(try await app.login(app.code).status == .ok)
            #expect(try await app.login(app.code).code == "second_factor_invalid")

            let me = try await client.send(.get, "/me", as: ada.token).object()
            #expect(me["second_factor"] as? Bool == true)
            #expect(me["recovery_codes"] as? Int == 10)
        }
    }

    @Test func aRecoveryCodeSignsInOnce() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            let app = try await App(client, ada, harness)
            let codes = try await app.confirm()
            #expect(try await app.login(" " + codes[3].lowercased().replacingOccurrences(of: "-", with: " ")).status == .ok)
            #expect(try await app.login(codes[3]).code == "second_factor_invalid")
            #expect(try await app.login(codes[4]).status == .ok)
            #expect(try await client.send(.get, "/me", as: ada.token).object()["recovery_codes"] as? Int == 8)
        }
    }

    @Test func aCodeWorksForOneOfTwoConcurrentSignIns() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let app = try await App(client, try await client.person("ada@example.org"), harness)
            _ = try await app.confirm()
            harness.clock.advance(by: .seconds(30))
            let code = app.code
            let codes = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<4 { group.addTask { try await app.login(code).code } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.filter { $0 == nil }.count == 1)
            #expect(codes.compactMap { $0 } == Array(repeating: "second_factor_invalid", count: 3))
        }
    }

    /// An attacker with the password can guess from many addresses, which the throttle of sign-ins counts separately.
    @Test func guessesOfCodesAreThrottledAcrossAddresses() async throws {
        let harness = try AuthHarness()
        try await harness.runLive(with: { $0.proxies = .loopback }) { client in
            let app = try await App(client, try await client.person("ada@example.org"), harness)
            _ = try await app.confirm()
            harness.clock.advance(by: .seconds(30))
            for number in 0..<10 {
                #expect(try await app.login(app.wrongCode, from: "198.51.100.\(number)").code == "second_factor_invalid")
            }
            let refused = try await app.login(app.code, from: "198.51.100.99")
            #expect(refused.code == "login_throttled")
            #expect(refused.headers[.retryAfter] == "901")
            harness.clock.advance(by: .seconds(901))
            #expect(try await app.login(app.code, from: "198.51.100.99").status == .ok)
        }
    }

    @Test func concurrentGuessesOfCodesAreThrottledLikeConsecutiveOnes() async throws {
        let harness = try AuthHarness()
        try await harness.runLive(with: { $0.proxies = .loopback }) { client in
            let app = try await App(client, try await client.person("ada@example.org"), harness)
            _ = try await app.confirm()
            harness.clock.advance(by: .seconds(30))
            let wrong = app.wrongCode
            let codes = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<40 { group.addTask { try await app.login(wrong, from: "198.51.100.\(number)").code } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.filter { $0 == "second_factor_invalid" }.count == 10)
            #expect(codes.filter { $0 == "login_throttled" }.count == 30)
        }
    }

    @Test func isTurnedOffWithPasswordAndCodeOrByAnOperator() async throws {
        let harness = try AuthHarness()
        try await harness.run(with: { $0.serviceSecret = ServiceSecret(Self.operatorSecret) }) { client in
            let ada = try await client.person("ada@example.org")
            let app = try await App(client, ada, harness)
            let codes = try await app.confirm()
            // Audit entries of the same millisecond have no defined order.
            harness.clock.advance(by: .seconds(1))
            let again = try await client.send(.post, "/me/second-factor", as: ada.token, ["password": "correct horse"])
            #expect(again.code == "second_factor_on")
            let wrongs = [("wrong horse", codes[0], "password_wrong"), ("correct horse", "000-000", "second_factor_invalid")]
            for (password, code, expected) in wrongs {
                let refused = try await client.send(.delete, "/me/second-factor", as: ada.token, ["password": password, "code": code])
                #expect(refused.code == expected)
                #expect(refused.status == .forbidden)
            }
            let removed = try await client.send(
                .delete, "/me/second-factor", as: ada.token, ["password": "correct horse", "code": codes[0]])
            #expect(removed.status == .noContent)
            harness.clock.advance(by: .seconds(1))
            #expect(try await client.login().status == .ok)

            let next = try await App(client, ada, harness)
            _ = try await next.confirm()
            harness.clock.advance(by: .seconds(1))
            #expect(try await client.login().code == "second_factor_required")
            let path = "/operator/users/\(ada.id)/second-factor"
            #expect(try await client.send(.delete, path, as: ada.token).code == "token_invalid")
            #expect(try await client.send(.delete, path, as: Self.operatorSecret).status == .noContent)
            #expect(try await client.login().status == .ok)
            let audit = try await client.send(.get, "/audit", as: ada.token).object()["entries"] as? [[String: Any]]
            let actions = audit?.compactMap { $0["action"] as? String }.filter { $0.hasPrefix("user.second_factor") }
            #expect(actions == ["user.second_factor_off", "user.second_factor_on", "user.second_factor_off", "user.second_factor_on"])
        }
    }
}

/// An authenticator app with an offered secret.
private struct App: Sendable {
    let client: AuthClient
    let person: Person
    let harness: AuthHarness
    let secret: String

    init(_ client: AuthClient, _ person: Person, _ harness: AuthHarness) async throws {
        (self.client, self.person, self.harness) = (client, person, harness)
        let offer = try await client.send(.post, "/me/second-factor", as: person.token, ["password": "correct horse"]).object()
        secret = try #require(offer["secret"] as? String)
        let address = try #require(offer["url"] as? String)
        #expect(address.hasPrefix("otpauth://totp/PixelFlow:"))
        #expect(address.contains("secret=\(secret)&issuer=PixelFlow"))
    }

    private var step: Int64 { TimeBasedCode.step(at: harness.clock.now().microseconds / 1_000_000) }

    var code: String { TimeBasedCode.code(secret, step: step) ?? "" }

    /// A code of no step near the current one.
    var wrongCode: String {
        let right = (step - 2...step + 2).compactMap { TimeBasedCode.code(secret, step: $0) }
        return ["000000", "111111", "222222", "333333", "444444", "555555"].first { !right.contains($0) } ?? ""
    }

    func confirm() async throws -> [String] {
        let response = try await client.send(.put, "/me/second-factor", as: person.token, ["code": code]).object()
        return try #require(response["recovery_codes"] as? [String])
    }

    func login(_ code: String, from address: String? = nil) async throws -> TestResponse {
        // Swift 6.3 crashes when compiling `map` with a closure here.
        var client = client
        client.forwardedFor = address
        return try await client.post("/login", ["email": "ada@example.org", "password": "correct horse", "code": code])
    }
}
