import Crypto
import Foundation
import WireFormats

/// A single-use code for someone who has lost the authenticator app: `XXXX-XXXX-XXXX`, 60 random bits.
struct RecoveryCode: Sendable {
    /// Codes per person.
    static let count = 10
    private static let groups = 3
    private static let groupLength = 4
    /// In base 32 characters; the alphabet has no digit that looks like a letter.
    private static let length = groups * groupLength

    let text: String
    /// SHA-256, hexadecimal. Sign-ins are throttled, so 60 random bits need no slow hash.
    let hash: String

    init() {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let random = Base32.encoded(bytes).prefix(Self.length)
        text = stride(from: 0, to: Self.length, by: Self.groupLength)
            .map { random.dropFirst($0).prefix(Self.groupLength) }.joined(separator: "-")
        hash = Self.hash(random)
    }

    /// Hashes a code as typed, ignoring case, spaces and hyphens; nil if it cannot be a recovery code.
    static func hash(typed: String) -> String? {
        let digits = typed.uppercased().filter { $0 != " " && $0 != "-" }
        return digits.count == length && Base32.decoded(digits) != nil ? hash(digits) : nil
    }

    private static func hash(_ digits: some StringProtocol) -> String { SHA256.hash(data: Data(digits.utf8)).hexadecimal }
}
