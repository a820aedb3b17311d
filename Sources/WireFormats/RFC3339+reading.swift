extension RFC3339 {
    /// Parses `2026-05-01T12:30:00Z`, with or without a fraction, with `Z` or an offset, and with letters in either case. Returns nil for
    /// anything else, including dates that do not exist.
    ///
    /// Digits beyond nanoseconds are truncated. A leap second becomes the first second of the next minute.
    public init?(_ text: String) {
        var fields = Fields(rest: text.utf8[...])
        guard let year = fields.number(4, then: "-"), let month = fields.number(2, then: "-"), let day = fields.number(2, then: "T"),
            let hour = fields.number(2, then: ":"), let minute = fields.number(2, then: ":"), let second = fields.number(2),
            hour < 24, minute < 60, second <= 60, let nanoseconds = fields.fraction(), let offset = fields.offset()
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isValid else { return nil }
        self.init(
            seconds: Int64(date.daysSinceEpoch * 86_400 + hour * 3_600 + minute * 60 + second - offset), nanoseconds: nanoseconds)
    }

    private struct Fields {
        var rest: Substring.UTF8View

        private mutating func digit() -> Int? {
            guard let byte = rest.first, ASCIISet.digits.contains(byte) else { return nil }
            rest.removeFirst()
            return Int(byte - UInt8(ascii: "0"))
        }

        mutating func number(_ count: Int, then separator: Unicode.Scalar? = nil) -> Int? {
            var value = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            guard let separator else { return value }
            return skip(separator) ? value : nil
        }

        /// - Parameter letter: in upper case; also matches the lower-case letter.
        private mutating func skip(_ letter: Unicode.Scalar) -> Bool {
            let upper = UInt8(ascii: letter)
            guard let byte = rest.first, byte == upper || ASCIISet.uppercase.contains(upper) && byte == upper | 0x20 else { return false }
            rest.removeFirst()
            return true
        }

        /// The nanoseconds; 0 without a fraction, nil for a decimal point without digits.
        mutating func fraction() -> Int? {
            guard skip(".") else { return 0 }
            guard var value = digit() else { return nil }
            var count = 1
            while let digit = digit() {
                if count < 9 { value = value * 10 + digit }
                count += 1
            }
            while count < 9 {
                value *= 10
                count += 1
            }
            return value
        }

        /// The offset in seconds east of UTC; nil unless the text ends after the zone.
        mutating func offset() -> Int? {
            if skip("Z") { return rest.isEmpty ? 0 : nil }
            guard let sign = rest.popFirst(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = number(2, then: ":"),
                let minutes = number(2), hours < 24, minutes < 60, rest.isEmpty
            else { return nil }
            let offset = hours * 3_600 + minutes * 60
            return sign == UInt8(ascii: "-") ? -offset : offset
        }
    }
}
