#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A moment, as Kubernetes writes them (RFC 3339). Read and written by hand: Foundation's formatters take
/// longer to load than the client to start.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970 in UTC.
    public var secondsSinceEpoch: Double

    public init(secondsSinceEpoch: Double) {
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(secondsSinceEpoch: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    /// The age of this time; negative if it is in the future.
    public func age(at now: Timestamp = .now) -> Duration {
        .seconds(now.secondsSinceEpoch - secondsSinceEpoch)
    }

    public func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(secondsSinceEpoch: secondsSinceEpoch + Double(seconds) + Double(attoseconds) / 1e18)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }
}

extension Timestamp {
    /// `2026-05-01T12:30:00Z`, with or without fractions, with `Z` or an offset. Nil for anything else.
    public init?(_ text: String) {
        var fields = TimestampFields(text)
        guard let year = fields.digits(4, then: "-"), let month = fields.digits(2, then: "-"), let day = fields.digits(2, then: "T"),
            let hour = fields.digits(2, then: ":"), let minute = fields.digits(2, then: ":"), let second = fields.digits(2, then: nil),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        let fraction = fields.fraction()
        guard let offset = fields.zoneOffset() else { return nil }
        let seconds = Self.days(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(secondsSinceEpoch: Double(seconds) + fraction)
    }

    /// In UTC to the second, as Kubernetes prints most times.
    public var text: String {
        let total = Int(secondsSinceEpoch.rounded(.down))
        let days = Int((Double(total) / 86_400).rounded(.down))
        let rest = total - days * 86_400
        let (year, month, day) = Self.date(days: days)
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T"
            + "\(Self.padded(rest / 3_600, 2)):\(Self.padded(rest / 60 % 60, 2)):\(Self.padded(rest % 60, 2))Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Days since 1970. Years are counted from March, so that the leap day is the last of its year.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Timestamp: Codable {
    /// A text that is not a time is read as the start of 1970 rather than spoiling the whole object.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        self = Timestamp(text) ?? Timestamp(secondsSinceEpoch: 0)
    }

    public func encode(to encoder: any Encoder) throws {
        try text.encode(to: encoder)
    }
}

private struct TimestampFields {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = text[...].utf8
    }

    mutating func digits(_ count: Int, then separator: Character?) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = nextDigit() else { return nil }
            value = value * 10 + digit
        }
        guard let separator else { return value }
        return rest.popFirst() == separator.asciiValue ? value : nil
    }

    mutating func fraction() -> Double {
        guard rest.first == UInt8(ascii: ".") else { return 0 }
        rest.removeFirst()
        var value = 0.0
        var weight = 0.1
        while let digit = nextDigit() {
            value += Double(digit) * weight
            weight /= 10
        }
        return value
    }

    /// Seconds east of UTC; nil if the text continues or has no zone.
    mutating func zoneOffset() -> Int? {
        guard let sign = rest.popFirst() else { return nil }
        if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return rest.isEmpty ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = digits(2, then: ":"), let minutes = digits(2, then: nil),
            rest.isEmpty
        else { return nil }
        let offset = hours * 3_600 + minutes * 60
        return sign == UInt8(ascii: "-") ? -offset : offset
    }

    private mutating func nextDigit() -> Int? {
        guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        rest.removeFirst()
        return Int(byte - UInt8(ascii: "0"))
    }
}
