import WireFormats

/// Parses IPv4 addresses as the WHATWG URL standard does: one to four decimal, octal or hexadecimal numbers, the last of which fills the
/// remaining bytes. Browsers and most programs read `127.1`, `0x7f.1` and `2130706433` as 127.0.0.1, so they must be checked as that
/// address.
enum IPv4Number {
    /// Whether the last label of `name` makes it an IPv4 address.
    static func ends(_ name: String) -> Bool {
        guard let last = name.split(separator: ".", omittingEmptySubsequences: false).last, !last.isEmpty else { return false }
        return last.utf8.allSatisfy { (0x30...0x39).contains($0) } || value(of: last) != nil
    }

    /// Nil if it is not a valid address.
    static func address(_ name: String) -> IPAddress? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap(value)
        guard (1...4).contains(parts.count), numbers.count == parts.count, let last = numbers.last,
            numbers.dropLast().allSatisfy({ $0 <= 255 }), last < UInt64(1) << (8 * UInt64(5 - parts.count))
        else { return nil }
        var address = last
        for (index, number) in numbers.dropLast().enumerated() { address |= number << UInt64(8 * (3 - index)) }
        return .v4(UInt32(truncatingIfNeeded: address))
    }

    private static func value(of part: Substring) -> UInt64? {
        guard !part.isEmpty, !part.hasPrefix("+"), !part.hasPrefix("-") else { return nil }
        if part.hasPrefix("0x") { return part.count == 2 ? 0 : number(part.dropFirst(2), radix: 16) }
        if part.count > 1, part.hasPrefix("0") { return number(part.dropFirst(), radix: 8) }
        return number(part, radix: 10)
    }

    private static func number(_ digits: Substring, radix: Int) -> UInt64? {
        guard digits.first?.isHexDigit == true else { return nil }
        return UInt64(digits, radix: radix)
    }
}
