package import Crypto
import Foundation
import WireFormats

/// A secret that is shown once and stored as a hash: an API key, an invitation or a reset token.
///
/// The prefix `pf_KIND_` allows secret scanners to find it. 43 letters and digits encode 256 random bits; 6 more are a checksum, with which
/// a typing error is detected without a query.
package struct SecretToken: Sendable {
    package enum Kind: String, Sendable {
        case key = "pf_live_"
        case invitation = "pf_invite_"
        case passwordReset = "pf_reset_"
        case verification = "pf_verify_"
    }

    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    private static let randomLength = 43
    private static let checksumLength = 6

    /// The secret. Must not be logged or stored.
    package let text: String

    /// Generates a new secret.
    package init(_ kind: Kind) {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<Self.randomLength).map { _ in Self.digits[Int.random(in: 0..<62, using: &generator)] }
        text = kind.rawValue + String(decoding: random + Self.checksum(random), as: UTF8.self)
    }

    /// Derives the secret of a name: the same key and name always give the same secret, which no one can guess without the key.
    package init(_ kind: Kind, derivedFrom key: SymmetricKey, for name: String) {
        let info = Data("\(kind.rawValue) \(name)".utf8)
        let bytes = HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: info, outputByteCount: 2 * Self.randomLength)
            .withUnsafeBytes { Array($0) }
        // 16 bits per digit, so that the bias of the modulo is negligible.
        let random = stride(from: 0, to: bytes.count, by: 2).map { Self.digits[(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1])) % 62] }
        text = kind.rawValue + String(decoding: random + Self.checksum(random), as: UTF8.self)
    }

    /// Parses a secret; nil if it is of another kind or its checksum is wrong.
    package init?(_ kind: Kind, parsing text: String) {
        guard text.hasPrefix(kind.rawValue) else { return nil }
        let rest = Array(text.utf8.dropFirst(kind.rawValue.utf8.count))
        let random = rest.prefix(Self.randomLength)
        guard rest.count == Self.randomLength + Self.checksumLength, random.allSatisfy(Self.digits.contains),
            rest.suffix(Self.checksumLength).elementsEqual(Self.checksum(random))
        else { return nil }
        self.text = text
    }

    /// SHA-256, hexadecimal. A secret of 256 random bits needs neither a salt nor a slow hash.
    package var hash: String { SHA256.hash(data: Data(text.utf8)).hexadecimal }

    /// The last four characters, which distinguish secrets for people.
    package var hint: String { String(text.suffix(4)) }

    private static func checksum(_ random: some Sequence<UInt8>) -> [UInt8] {
        var rest = CRC32.checksum(random)
        var text: [UInt8] = []
        for _ in 0..<checksumLength {
            text.append(digits[Int(rest % 62)])
            rest /= 62
        }
        return text.reversed()
    }
}
