import Crypto
import Foundation
import PixelFlowClient
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowIdentity
import Testing

extension EndToEnd {
    /// Forged and manipulated tokens.
    @Suite struct TokenTests {
        @Test func onlyTokensOfThisInstallationAreAccepted() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                // The service's own key, which anyone with the data folder could read.
                let record = try #require(
                    try await IdentityStore(SQLiteIdentityDatabase(path: service.data + "/auth.sqlite")).signingKeys().first)
                let key = try P256.Signing.PrivateKey(pemRepresentation: record.privateKey)
                let good = try claims(of: #require(ada.token))
                let now = Date().timeIntervalSince1970

                try await expect(ada, token: sign(good, key, record.id), nil)
                try await expect(ada, token: nil, "token_missing")
                try await expect(ada, token: "nonsense", "token_invalid")
                try await expect(ada, token: #require(ada.token) + "x", "token_invalid")
                try await expect(ada, token: sign(good.merging(["exp": now - 3600]) { $1 }, key, record.id), "token_expired")
                try await expect(ada, token: sign(good.merging(["nbf": now + 3600]) { $1 }, key, record.id), "token_invalid")
                try await expect(ada, token: sign(good.merging(["aud": "other"]) { $1 }, key, record.id), "token_invalid")
                try await expect(ada, token: sign(good, P256.Signing.PrivateKey(), record.id), "token_invalid")
                try await expect(ada, token: sign(good, P256.Signing.PrivateKey(), "unknown"), "token_invalid")
                for algorithm in ["none", "None", "HS256", "RS256"] {
                    try await expect(ada, token: sign(good, key, record.id, algorithm: algorithm), "token_invalid")
                }
                let unsigned =
                    try sign(good, key, record.id, algorithm: "none").split(separator: ".").prefix(2).joined(separator: ".") + "."
                try await expect(ada, token: unsigned, "token_invalid")
            }
        }

        private func expect(_ person: Person, token: String?, _ code: String?, line: Int = #line) async throws {
            var client = person.client
            client.token = token
            let calls: [(String, @Sendable (PixelFlowClient) async throws -> Void)] = [
                ("tasks", { _ = try await $0.page() }), ("validate", { _ = try await $0.validate() }),
            ]
            for (name, call) in calls {
                do {
                    try await call(client)
                    #expect(code == nil, "\(name), line \(line)")
                } catch let problem as Problem {
                    #expect(problem.status == 401, "\(name), line \(line)")
                    #expect(problem.code == code, "\(name), line \(line)")
                }
            }
        }

        private func claims(of token: String) throws -> [String: Any] {
            var text = String(token.split(separator: ".")[1]).replacing("-", with: "+").replacing("_", with: "/")
            text += String(repeating: "=", count: (4 - text.count % 4) % 4)
            let data = try #require(Data(base64Encoded: text))
            return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        }

        private func sign(_ claims: [String: Any], _ key: P256.Signing.PrivateKey, _ kid: String, algorithm: String = "ES256") throws
            -> String
        {
            let header: [String: Any] = ["alg": algorithm, "typ": "JWT", "kid": kid]
            let signed = try [header, claims].map { base64url(try JSONSerialization.data(withJSONObject: $0)) }.joined(separator: ".")
            return signed + "." + base64url(try key.signature(for: Data(signed.utf8)).rawRepresentation)
        }

        private func base64url(_ data: Data) -> String {
            data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
    }
}
