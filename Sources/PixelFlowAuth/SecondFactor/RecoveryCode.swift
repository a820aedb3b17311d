import Crypto
import Foundation
import WireFormats

/// What signs a person in whose authenticator app is lost, once each: `XXXX-XXXX-XXXX`, 60 random bits.
struct RecoveryCode: Sendable {
    /// Of one person.
    static let count = 10
    private static let groups = 3
    private static let groupLength = 4
    /// Those of base 32: no digit looks like a letter.
    private static let length = groups * groupLength

    let text: String
    /// SHA-256 in hexadecimal digits. Guesses are slowed down at the sign-in; 60 random bits need no slow hash.
    let hash: String

    init() {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let random = Base32.encoded(bytes).prefix(Self.length)
        text = stride(from: 0, to: Self.length, by: Self.groupLength)
            .map { random.dropFirst($0).prefix(Self.groupLength) }.joined(separator: "-")
        hash = Self.hash(random)
    }

    /// What a person has typed, in any case and with any spaces and hyphens; nil if it cannot be a recovery code.
    static func hash(typed: String) -> String? {
        let digits = typed.uppercased().filter { $0 != " " && $0 != "-" }
        return digits.count == length && Base32.decoded(digits) != nil ? hash(digits) : nil
    }

    private static func hash(_ digits: some StringProtocol) -> String { SHA256.hash(data: Data(digits.utf8)).hexadecimal }
}
