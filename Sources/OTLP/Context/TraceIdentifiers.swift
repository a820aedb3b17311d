import WireFormats

/// Identifies a trace: 16 bytes, not all zero.
public struct TraceID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// Creates a random id.
    public init() {
        high = .random(in: .min ... .max)
        low = .random(in: 1 ... .max)
    }

    /// Nil unless `text` is 32 lowercase hexadecimal digits, not all zero.
    public init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count == 32, let high = HexWord.value(digits[..<16]), let low = HexWord.value(digits[16...]), high | low != 0
        else { return nil }
        self.high = high
        self.low = low
    }

    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    func append(to text: inout [UInt8]) {
        HexWord.append(high, to: &text)
        HexWord.append(low, to: &text)
    }
}

/// Identifies a span of a trace: 8 bytes, not all zero.
public struct SpanID: Sendable, Hashable, CustomStringConvertible {
    let value: UInt64

    /// Creates a random id.
    public init() { value = .random(in: 1 ... .max) }

    /// Nil unless `text` is 16 lowercase hexadecimal digits, not all zero.
    public init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count == 16, let value = HexWord.value(digits[...]), value != 0 else { return nil }
        self.value = value
    }

    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    func append(to text: inout [UInt8]) { HexWord.append(value, to: &text) }
}

/// 64 bits as 16 lowercase hexadecimal digits, the only form that W3C Trace Context allows.
enum HexWord {
    static func value(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var word: UInt64 = 0
        for digit in digits {
            guard !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(digit), let value = Hexadecimal.value(of: digit) else { return nil }
            word = word << 4 | UInt64(value)
        }
        return word
    }

    static func append(_ word: UInt64, to text: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) {
            text.append(Hexadecimal.lowercaseDigit(UInt8(truncatingIfNeeded: word >> shift)))
        }
    }
}
