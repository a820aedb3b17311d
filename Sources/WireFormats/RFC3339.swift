/// A point in time in the format of RFC 3339, `2026-01-31T08:15:00.25Z`. Hand-written, because Foundation's styles are many times slower
/// and take longer to load than a command-line tool takes to start.
public struct RFC3339: Sendable, Hashable {
    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    public var seconds: Int64
    /// 0 to 999,999,999.
    public var nanoseconds: Int

    public init(seconds: Int64, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Appends the time in UTC. Years 0 to 9999 can be represented; times outside are clamped to the nearest second inside.
    ///
    /// - Parameter fractionDigits: 0 to 9; finer digits are truncated, and with 0 there is no decimal point.
    public func append(to line: inout [UInt8], fractionDigits: Int = 0) {
        let seconds = min(max(seconds, Self.earliest), Self.latest)
        let days = Int((seconds - Self.earliest) / 86_400) + Self.earliestDay
        let second = Int((seconds - Self.earliest) % 86_400)
        let date = CivilDate(daysSinceEpoch: days)
        Self.append(date.year / 100, to: &line)
        Self.append(date.year % 100, to: &line)
        line.append(UInt8(ascii: "-"))
        Self.append(date.month, to: &line)
        line.append(UInt8(ascii: "-"))
        Self.append(date.day, to: &line)
        line.append(UInt8(ascii: "T"))
        Self.append(second / 3600, to: &line)
        line.append(UInt8(ascii: ":"))
        Self.append(second / 60 % 60, to: &line)
        line.append(UInt8(ascii: ":"))
        Self.append(second % 60, to: &line)
        if fractionDigits > 0 { appendFraction(fractionDigits, to: &line) }
        line.append(UInt8(ascii: "Z"))
    }

    /// Returns the text that `append` writes.
    public func text(fractionDigits: Int = 0) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(32)
        append(to: &text, fractionDigits: fractionDigits)
        return String(decoding: text, as: UTF8.self)
    }

    /// 0000-01-01T00:00:00Z.
    private static let earliest: Int64 = -62_167_219_200
    private static let earliestDay = -719_528
    /// 9999-12-31T23:59:59Z.
    private static let latest: Int64 = 253_402_300_799

    private static func append(_ number: Int, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "0") + UInt8(number / 10))
        line.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    private func appendFraction(_ digits: Int, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "."))
        var divisor = 100_000_000
        for _ in 0..<min(digits, 9) {
            line.append(UInt8(ascii: "0") + UInt8(nanoseconds / divisor % 10))
            divisor /= 10
        }
    }
}
