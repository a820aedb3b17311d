import Foundation
import WireFormats

/// Generates UUIDs version 7 (RFC 9562): 48 bits of milliseconds followed by random bits, so that
/// they sort by creation time both as bytes and as text.
package enum UUIDv7 {
    /// A new UUID in canonical form: 36 lowercase characters.
    package static func make(at time: Timestamp = SystemClock().now()) -> String {
        var generator = SystemRandomNumberGenerator()
        return make(at: time, using: &generator)
    }

    package static func make(at time: Timestamp, using generator: inout some RandomNumberGenerator) -> String {
        let milliseconds = UInt64(max(0, time.microseconds / 1000)) & 0xffff_ffff_ffff
        // The twelve bits after the version contain the fraction of the millisecond (RFC 9562,
        // section 6.2, method 3), so that ids generated within a millisecond still sort by time.
        let fraction = UInt64(max(0, time.microseconds % 1000)) * 4096 / 1000
        let high = milliseconds << 16 | 0x7000 | fraction
        let low = (generator.next() as UInt64) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        return format(high, low)
    }

    /// Whether `text` is a UUID of any version in canonical lowercase form.
    package static func isCanonical(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == 36 else { return false }
        for (index, byte) in bytes.enumerated() {
            switch index {
            case 8, 13, 18, 23: if byte != UInt8(ascii: "-") { return false }
            default: if !digits.contains(byte) { return false }
            }
        }
        return true
    }

    private static let digits = ASCIISet.digits.union("abcdef")

    private static func format(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 16 ? high : low
                buffer[position] = Hexadecimal.lowercaseDigit(UInt8(truncatingIfNeeded: word >> UInt64(60 - (index % 16) * 4)))
                position += 1
            }
            return position
        }
    }
}
