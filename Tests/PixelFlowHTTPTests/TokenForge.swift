import Crypto
import Foundation
import PixelFlowCore
import PixelFlowHTTP
import Synchronization

/// Makes tokens, good ones and every kind of bad one.
struct TokenForge: Sendable {
    let kid: String
    private let key = P256.Signing.PrivateKey()

    init(kid: String = "key-1") { self.kid = kid }

    var jwk: JSONWebKey {
        let raw = key.publicKey.rawRepresentation
        return JSONWebKey(kid: kid, x: Self.base64url(raw.prefix(32)), y: Self.base64url(raw.suffix(32)))
    }

    static func claims(at now: Timestamp, lifetime: Int64 = 3600) -> [String: any Sendable] {
        let seconds = now.microseconds / 1_000_000
        return [
            "iss": "pixelflow", "aud": "pixelflow", "sub": "user-1", "email": "ada@example.org", "tenant": "tenant-1",
            "iat": seconds, "nbf": seconds, "exp": seconds + lifetime, "jti": UUID().uuidString,
        ]
    }

    func token(_ claims: [String: any Sendable], header changes: [String: (any Sendable)?] = [:], unsigned: Bool = false) throws -> String {
        var header: [String: any Sendable] = ["alg": "ES256", "typ": "JWT", "kid": kid]
        for (name, value) in changes { header[name] = value }
        let parts = try [header, claims].map { Self.base64url(try JSONSerialization.data(withJSONObject: $0)) }
        let signed = parts.joined(separator: ".")
        let signature = try key.signature(for: Data(signed.utf8)).rawRepresentation
        return signed + "." + (unsigned ? "" : Self.base64url(signature))
    }

    /// Signs with HMAC and the public key as the secret: the classic confusion of algorithms.
    func confused(_ claims: [String: any Sendable]) throws -> String {
        let parts = try [["alg": "HS256", "typ": "JWT", "kid": kid], claims].map {
            Self.base64url(try JSONSerialization.data(withJSONObject: $0))
        }
        let signed = parts.joined(separator: ".")
        let secret = SymmetricKey(data: Data(key.publicKey.pemRepresentation.utf8))
        return signed + "." + Self.base64url(Data(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: secret)))
    }

    private static func base64url(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

/// A source of keys that a test can change, break, and count the calls of.
final class FakeKeySource: VerificationKeySource {
    struct Down: Error {}

    private struct State {
        var keys: [JSONWebKey]
        var isDown = false
        var calls = 0
    }

    private let state: Mutex<State>

    init(_ keys: [JSONWebKey]) { state = Mutex(State(keys: keys)) }

    var calls: Int { state.withLock { $0.calls } }
    func set(_ keys: [JSONWebKey]) { state.withLock { $0.keys = keys } }
    func set(isDown: Bool) { state.withLock { $0.isDown = isDown } }

    func jwks() async throws -> JSONWebKeySet {
        try state.withLock { state in
            state.calls += 1
            if state.isDown { throw Down() }
            return JSONWebKeySet(keys: state.keys)
        }
    }
}
