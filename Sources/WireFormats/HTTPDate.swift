/// Dates of HTTP in any of their three forms (RFC 9110, section 5.6.7).
public enum HTTPDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Seconds since 1970-01-01; nil if the text is no date.
    public static func seconds(_ text: String) -> Int64? {
        let parts = text.split(whereSeparator: { " ,-".contains($0) }).map(String.init)
        // `Sun, 06 Nov 1994 08:49:37 GMT` and `Sunday, 06-Nov-94 08:49:37 GMT`; last `Sun Nov  6 08:49:37 1994`.
        let fields: [String]
        switch parts.count {
        case 6 where ["GMT", "UTC"].contains(parts[5]): fields = [parts[3], parts[2], parts[1], parts[4]]
        case 5: fields = [parts[4], parts[1], parts[2], parts[3]]
        default: return nil
        }
        guard let year = year(fields[0]), let month = months.firstIndex(of: fields[1].lowercased()), let day = Int(fields[2]),
            let second = secondOfDay(fields[3])
        else { return nil }
        let date = CivilDate(year: year, month: month + 1, day: day)
        return date.isValid ? Int64(date.daysSinceEpoch) * 86_400 + second : nil
    }

    private static func secondOfDay(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).compactMap { $0.utf8.count == 2 ? Int64($0) : nil }
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

/// The value of `Retry-After`: a number of seconds, or a date (RFC 9110, section 10.2.3).
public enum RetryAfter {
    /// What more digits than fit mean, and a date that is further away: about 68 years.
    private static let longest = Int64(Int32.max)

    /// Seconds to wait, 0 for a time that has passed; nil if the text is neither.
    ///
    /// - Parameter now: seconds since 1970-01-01, by the clock of the server if it has told its time.
    public static func seconds(_ text: String, now: Int64) -> Int64? {
        let text = String(text.drop { $0 == " " })
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return min(Int64(text) ?? longest, longest)
        }
        return HTTPDate.seconds(text).map { min(max(0, $0 - now), longest) }
    }
}
