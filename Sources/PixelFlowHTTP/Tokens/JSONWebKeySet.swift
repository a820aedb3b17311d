import Foundation

/// The public keys that tokens are verified with, as served at `/.well-known/jwks.json` (RFC 7517).
public struct JSONWebKeySet: Codable, Sendable, Hashable {
    public var keys: [JSONWebKey]

    public init(keys: [JSONWebKey]) {
        self.keys = keys
    }

    /// Reads the document. Keys of other kinds may stand in it; they are not used.
    public init(json: some Sequence<UInt8>) throws {
        self = try JSONCoding.decoder.decode(JSONWebKeySet.self, from: Data(json))
    }
}

/// One public key. Only P-256 keys for ES256 are ever used; the rest is read and left alone.
public struct JSONWebKey: Codable, Sendable, Hashable {
    public var kid: String?
    public var kty: String
    public var crv: String?
    public var alg: String?
    public var use: String?
    /// Coordinates, base64url without padding.
    public var x: String?
    public var y: String?

    /// A P-256 key that signs with ES256.
    public init(kid: String, x: String, y: String) {
        self.kid = kid
        self.kty = "EC"
        self.crv = "P-256"
        self.alg = "ES256"
        self.use = "sig"
        self.x = x
        self.y = y
    }
}

/// Where a verifier gets its keys from: the auth service next door, or the same process.
public protocol VerificationKeySource: Sendable {
    func jwks() async throws -> JSONWebKeySet
}

/// A source made of a closure: an HTTP call, or a look into the same process.
public struct ClosureKeySource: VerificationKeySource {
    private let fetch: @Sendable () async throws -> JSONWebKeySet

    public init(_ fetch: @escaping @Sendable () async throws -> JSONWebKeySet) {
        self.fetch = fetch
    }

    public func jwks() async throws -> JSONWebKeySet { try await fetch() }
}
