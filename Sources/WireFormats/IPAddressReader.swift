/// Parses IP addresses. Hand-written, because `inet_pton` differs between C libraries and stops at a NUL.
enum IPAddressReader {
    /// Parses four decimal numbers up to 255, without signs or leading zeros.
    static func dottedQuad(_ text: Substring.UTF8View) -> UInt32? {
        var address: UInt32 = 0
        var rest = text
        for index in 0..<4 {
            if index > 0 { guard rest.popFirst() == UInt8(ascii: ".") else { return nil } }
            guard let number = number(&rest) else { return nil }
            address = address << 8 | number
        }
        return rest.isEmpty ? address : nil
    }

    private static func number(_ rest: inout Substring.UTF8View) -> UInt32? {
        let digits = rest.prefix(while: ASCIISet.digits.contains)
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        rest = rest[digits.endIndex...]
        let number = digits.reduce(0) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
        return number <= 255 ? number : nil
    }

    /// Parses eight groups of up to four hexadecimal digits. The last two groups may be a dotted quad, and one `::` may stand for one or
    /// more groups of zeros.
    static func colonSeparated(_ text: Substring.UTF8View) -> UInt128? {
        let colon = UInt8(ascii: ":")
        var rest = text
        var bits: UInt128 = 0
        var count = 0
        /// The number of groups before `::`.
        var gap: Int?
        if rest.starts(with: [colon, colon]) {
            rest = rest.dropFirst(2)
            gap = 0
        }
        while !rest.isEmpty {
            let group = rest.prefix { $0 != colon }
            rest = rest[group.endIndex...]
            if rest.isEmpty, count <= 6, let address = dottedQuad(group) {
                bits = bits << 32 | UInt128(address)
                count += 2
                break
            }
            guard count < 8, let value = hexadecimal(group) else { return nil }
            bits = bits << 16 | value
            count += 1
            guard rest.popFirst() != nil else { break }
            if rest.first == colon {
                guard gap == nil else { return nil }
                gap = count
                rest.removeFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        guard let gap else { return count == 8 ? bits : nil }
        guard count < 8 else { return nil }
        let tail = 16 * (count - gap)
        // Shifts by the full width result in zero.
        return (bits >> UInt128(tail)) << UInt128(128 - 16 * gap) | (bits & ~(UInt128.max << UInt128(tail)))
    }

    private static func hexadecimal(_ group: Substring.UTF8View) -> UInt128? {
        guard (1...4).contains(group.count) else { return nil }
        var value: UInt128 = 0
        for digit in group {
            guard let digit = Hexadecimal.value(of: digit) else { return nil }
            value = value << 4 | UInt128(digit)
        }
        return value
    }
}
