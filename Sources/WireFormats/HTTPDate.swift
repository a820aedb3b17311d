/// HTTP dates in any of their three forms (RFC 9110, section 5.6.7).
public enum HTTPDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Seconds since 1970-01-01; nil if the text is not a date.
    ///
    /// - Parameter now: seconds since 1970-01-01; a year of two digits is the latest such year that is at most 50 years later.
    public static func seconds(_ text: String, now: Int64) -> Int64? {
        let parts = text.split(whereSeparator: { " ,-".contains($0) }).map(String.init)
        // `Sun, 06 Nov 1994 08:49:37 GMT` and `Sunday, 06-Nov-94 08:49:37 GMT`; the last form is `Sun Nov  6 08:49:37 1994`.
        let fields: [String]
        switch parts.count {
        case 6 where ["GMT", "UTC"].contains(parts[5]): fields = [parts[3], parts[2], parts[1], parts[4]]
        case 5: fields = [parts[4], parts[1], parts[2], parts[3]]
        default: return nil
        }
        guard let month = months.firstIndex(of: fields[1].lowercased()), let day = Int(fields[2]), let second = secondOfDay(fields[3]),
            let year = year(fields[0], of: Moment(month: month + 1, day: day, second: second), now: now)
        else { return nil }
        let date = CivilDate(year: year, month: month + 1, day: day)
        return date.isValid ? Int64(date.daysSinceEpoch) * 86_400 + second : nil
    }

    /// A moment of any year.
    private struct Moment {
        let month: Int
        let day: Int
        let second: Int64

        func isAfter(_ other: Moment) -> Bool { (month, day, second) > (other.month, other.day, other.second) }
    }

    private static func secondOfDay(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).compactMap { $0.utf8.count == 2 ? Int64($0) : nil }
        // A leap second counts as a second.
        guard parts.count == 3, (0...23).contains(parts[0]), (0...59).contains(parts[1]), (0...60).contains(parts[2]) else { return nil }
        return parts[0] * 3600 + parts[1] * 60 + parts[2]
    }

    private static func year(_ text: String, of moment: Moment, now: Int64) -> Int? {
        guard let number = Int(text), number >= 0 else { return nil }
        switch text.utf8.count {
        case 4: return number
        case 2:
            let (day, second) = max(0, now).quotientAndRemainder(dividingBy: 86_400)
            let today = CivilDate(daysSinceEpoch: Int(day))
            let latest = today.year + 50
            let year = latest - (latest - number) % 100
            let isTooLate = year == latest && moment.isAfter(Moment(month: today.month, day: today.day, second: second))
            return isTooLate ? year - 100 : year
        default: return nil
        }
    }
}

/// The value of `Retry-After`: a number of seconds, or a date (RFC 9110, section 10.2.3).
public enum RetryAfter {
    /// The maximum, about 68 years: used for larger numbers, and for later dates.
    private static let longest = Int64(Int32.max)

    /// The number of seconds to wait, 0 if the time has passed; nil if the text is neither form.
    ///
    /// - Parameter now: seconds since 1970-01-01, by the server's clock if its time is known.
    public static func seconds(_ text: String, now: Int64) -> Int64? {
        let text = String(text.drop { $0 == " " })
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return min(Int64(text) ?? longest, longest)
        }
        return HTTPDate.seconds(text, now: now).map { min(max(0, $0 - now), longest) }
    }
}
