import Crypto
import Foundation
import WireFormats

/// Time-based one-time passwords (RFC 6238) with the parameters that every authenticator app supports: SHA-1, six digits, 30-second steps.
enum TimeBasedCode {
    static let digits = 6
    /// Seconds.
    static let period: Int64 = 30
    /// How many steps before and after the current one are accepted, to allow for clock skew and slow typing.
    static let tolerance: Int64 = 1
    /// In bytes; the length of the hash, as RFC 4226 recommends.
    private static let secretLength = 20

    /// Generates a random secret in base 32.
    static func makeSecret() -> String {
        Base32.encoded(SymmetricKey(size: SymmetricKeySize(bitCount: secretLength * 8)).withUnsafeBytes { Array($0) })
    }

    /// The step of a time, in seconds since 1970.
    static func step(at seconds: Int64) -> Int64 { seconds / period }

    /// The code of a step (RFC 4226, section 5.3).
    ///
    /// - Returns: nil if the secret is not base 32.
    static func code(_ secret: String, step: Int64) -> String? {
        guard let key = Base32.decoded(secret) else { return nil }
        let message = withUnsafeBytes(of: step.bigEndian) { Data($0) }
        let digest = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: key)))
        let offset = Int(digest[digest.count - 1] & 0x0f)
        let number = digest[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let text = String(number % 1_000_000)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The step of this code; nil if it is not one of those accepted at this time.
    static func step(of code: String, _ secret: String, at seconds: Int64) -> Int64? {
        let present = step(at: seconds)
        return (present - tolerance...present + tolerance).first { step in
            self.code(secret, step: step).map { ConstantTime.equals($0, code) } ?? false
        }
    }

    /// The URL for a QR code, in the format of Google Authenticator that other apps use as well.
    static func address(of secret: String, account: String) -> String {
        let name = account.percentEncoded()
        return "otpauth://totp/PixelFlow:\(name)?secret=\(secret)&issuer=PixelFlow&algorithm=SHA1&digits=\(digits)&period=\(period)"
    }
}
