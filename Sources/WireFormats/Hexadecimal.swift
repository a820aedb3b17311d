/// Hexadecimal digits (RFC 4648, section 8).
public enum Hexadecimal {
    /// The lower-case digit of the low four bits of `value`.
    public static func lowercaseDigit(_ value: UInt8) -> UInt8 {
        let value = value & 15
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    /// The upper-case digit of the low four bits of `value`.
    public static func uppercaseDigit(_ value: UInt8) -> UInt8 {
        let value = value & 15
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") - 10 + value
    }

    /// The value of a digit in either case; nil for any other byte.
    public static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The byte encoded by the first two elements of `digits`; nil if they are not digits.
    public static func byte(of digits: some Sequence<UInt8>) -> UInt8? {
        var iterator = digits.makeIterator()
        guard let high = iterator.next().flatMap(value), let low = iterator.next().flatMap(value) else { return nil }
        return high << 4 | low
    }
}

extension Sequence<UInt8> {
    /// The bytes as two lower-case hexadecimal digits each.
    public var hexadecimal: String {
        // An array: a loop over a generic sequence is not specialised for callers in other modules, and slow.
        let bytes = Array(self)
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            digits.append(Hexadecimal.lowercaseDigit(byte >> 4))
            digits.append(Hexadecimal.lowercaseDigit(byte))
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
