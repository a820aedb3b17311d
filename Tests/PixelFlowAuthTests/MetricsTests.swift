import Conformance
import PixelFlowAuth
import Prometheus
import Testing

@Suite("Metrics of auth")
struct MetricsTests {
    @Test("registrations, logins and validations are counted by outcome")
    func outcomesAreCounted() async throws {
        let harness = try AuthHarness()
        #expect(harness.registry[#"auth_logins_total{status="failure"}"#] == nil)
        try await harness.run(with: { $0.throttle.pair.free = 1 }) { client in
            try await client.register()
            try await client.register()
            let token = try await client.token()
            for _ in 0..<2 { _ = try await client.login("ada@example.org", "wrong") }
            _ = try await client.login("ada@example.org", "wrong")
            _ = try await client.validate(token)
            _ = try await client.validate("nonsense")
            _ = try await client.get("/validate")
            harness.clock.advance(by: .seconds(90_000))
            _ = try await client.validate(token)
        }
        #expect(harness.registry["auth_registrations_total"] == 1)
        #expect(harness.registry[#"auth_logins_total{status="success"}"#] == 1)
        #expect(harness.registry[#"auth_logins_total{status="failure"}"#] == 2)
        #expect(harness.registry[#"auth_logins_total{status="throttled"}"#] == 1)
        #expect(harness.registry[#"auth_logins_total{status="error"}"#] == 0)
        for status in ["valid", "invalid", "missing", "expired"] {
            #expect(harness.registry[#"auth_token_validations_total{status="\#(status)"}"#] == 1, "\(status)")
        }
        #expect(harness.registry[#"auth_requests_total{endpoint="/register",method="POST",status="409"}"#] == 1)
    }
}

extension PrometheusRegistry {
    /// The value of a series, with its labels in alphabetical order.
    subscript(series: String) -> Double? {
        String(decoding: text(), as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }
}
