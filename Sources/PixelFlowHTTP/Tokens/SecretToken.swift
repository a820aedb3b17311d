package import Crypto
import Foundation
import WireFormats

/// A secret that is shown once and kept as a hash: an API key, an invitation, a password reset.
///
/// `pf_KIND_` names it for secret scanners; 43 letters and digits carry 256 random bits; 6 more are a checksum of those, so that
/// a typing error is told from a secret that is not known, without asking anyone.
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

    /// The secret. Never logged, never stored.
    package let text: String

    /// A new one.
    package init(_ kind: Kind) {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<Self.randomLength).map { _ in Self.digits[Int.random(in: 0..<62, using: &generator)] }
        text = kind.rawValue + String(decoding: random + Self.checksum(random), as: UTF8.self)
    }

    /// The one of this name, which who has the key can make again and nobody else can guess.
    package init(_ kind: Kind, derivedFrom key: SymmetricKey, for name: String) {
        let info = Data("\(kind.rawValue) \(name)".utf8)
        let bytes = HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: info, outputByteCount: 2 * Self.randomLength)
            .withUnsafeBytes { Array($0) }
        // 16 bits to a digit, so that the digits are as good as equally likely.
        let random = stride(from: 0, to: bytes.count, by: 2).map { Self.digits[(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1])) % 62] }
        text = kind.rawValue + String(decoding: random + Self.checksum(random), as: UTF8.self)
    }

    /// A secret that someone presents; nil unless it is one of this kind without a typing error.
    package init?(_ kind: Kind, parsing text: String) {
        guard text.hasPrefix(kind.rawValue) else { return nil }
        let rest = Array(text.utf8.dropFirst(kind.rawValue.utf8.count))
        let random = rest.prefix(Self.randomLength)
        guard rest.count == Self.randomLength + Self.checksumLength, random.allSatisfy(Self.digits.contains),
            rest.suffix(Self.checksumLength).elementsEqual(Self.checksum(random))
        else { return nil }
        self.text = text
    }

    /// SHA-256 in hexadecimal digits. A secret of 256 random bits needs neither salt nor slowness.
    package var hash: String { SHA256.hash(data: Data(text.utf8)).hexadecimal }

    /// The last four characters, by which people tell secrets apart.
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
