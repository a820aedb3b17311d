extension Timestamp {
    /// RFC 3339 in UTC with milliseconds, as in `2026-01-31T08:15:00.250Z`. Finer precision is truncated.
    package var iso8601: String {
        var text: [UInt8] = []
        text.reserveCapacity(24)
        appendISO8601(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends `iso8601`. Exact, and fast enough for each log line, which Foundation's styles are not.
    package func appendISO8601(to line: inout [UInt8]) {
        let milliseconds = microseconds / 1000
        let seconds = milliseconds / 1000
        let date = Self.civil(days: seconds / 86_400)
        let second = seconds % 86_400
        Self.append(date.year, digits: 4, to: &line)
        line.append(UInt8(ascii: "-"))
        Self.append(date.month, digits: 2, to: &line)
        line.append(UInt8(ascii: "-"))
        Self.append(date.day, digits: 2, to: &line)
        line.append(UInt8(ascii: "T"))
        Self.append(second / 3600, digits: 2, to: &line)
        line.append(UInt8(ascii: ":"))
        Self.append(second / 60 % 60, digits: 2, to: &line)
        line.append(UInt8(ascii: ":"))
        Self.append(second % 60, digits: 2, to: &line)
        line.append(UInt8(ascii: "."))
        Self.append(milliseconds % 1000, digits: 3, to: &line)
        line.append(UInt8(ascii: "Z"))
    }

    /// The Gregorian date of a day counted from 1970-01-01. Years are taken to begin in March, so
    /// that the leap day is the last of its year; 400 years have 146,097 days.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func append(_ value: Int64, digits: Int, to line: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            line.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
