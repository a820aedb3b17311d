import PixelFlowCore
import WireFormats

/// The value of `Retry-After`: a number of seconds, or a date (RFC 9110, section 10.2.3).
struct RetryAfter: Sendable {
    /// At least 1. How much of it is granted is for `TaskPolicy` to say.
    let seconds: Int

    /// Nil if it is neither, or a time in the past.
    init?(_ text: String, now: Timestamp) {
        let text = String(text.drop { $0 == " " })
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than fit mean for ever.
            seconds = min(Int(text) ?? .max, Int(Int32.max))
        } else {
            guard let date = HTTPDate(text) else { return nil }
            seconds = Int(min((date.time - now).seconds.rounded(.up), Double(Int32.max)))
        }
        guard seconds > 0 else { return nil }
    }
}

/// A date of HTTP in any of its three forms (RFC 9110, section 5.6.7).
struct HTTPDate: Sendable {
    let time: Timestamp

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    init?(_ text: String) {
        let parts = text.split { " ,-".contains($0) }.map(String.init)
        // `Sun, 06 Nov 1994 08:49:37 GMT` and `Sunday, 06-Nov-94 08:49:37 GMT`; last `Sun Nov  6 08:49:37 1994`.
        let fields: [String]
        switch parts.count {
        case 6 where ["GMT", "UTC"].contains(parts[5]): fields = [parts[3], parts[2], parts[1], parts[4]]
        case 5: fields = [parts[4], parts[1], parts[2], parts[3]]
        default: return nil
        }
        guard let year = Self.year(fields[0]), let month = Self.months.firstIndex(of: fields[1].lowercased()),
            let day = Int(fields[2]), (1...31).contains(day), let second = Self.secondOfDay(fields[3])
        else { return nil }
        let date = CivilDate(year: year, month: month + 1, day: day)
        time = Timestamp(microseconds: (Int64(date.daysSinceEpoch) * 86_400 + second) * 1_000_000)
    }

    private static func secondOfDay(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).compactMap { $0.count == 2 ? Int64($0) : nil }
        // A leap second is a second.
        guard parts.count == 3, (0...23).contains(parts[0]), (0...59).contains(parts[1]), (0...60).contains(parts[2]) else { return nil }
        return parts[0] * 3600 + parts[1] * 60 + parts[2]
    }

    /// Two digits mean the nearest such year that is not more than 50 years ahead; it is 2026 or later.
    private static func year(_ text: String) -> Int? {
        guard let number = Int(text), number >= 0 else { return nil }
        switch text.utf8.count {
        case 4: return number
        case 2: return number < 76 ? 2000 + number : 1900 + number
        default: return nil
        }
    }
}
