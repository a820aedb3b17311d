import WireFormats

/// The value of `Retry-After`: a number of seconds, or a date of HTTP in its preferred form (RFC 9110, sections 5.6.7 and 10.2.3).
enum RetryAfter {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    /// A number with more digits than fit means this: about 68 years.
    private static let longest: Int64 = 0x7FFF_FFFF

    /// Nil if it is neither; zero for a time that has passed.
    ///
    /// - Parameter now: seconds since 1970, by the clock of the service if it told its time.
    static func duration(_ text: String, now: Int64) -> Duration? {
        let text = text.drop { $0 == " " }
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return .seconds(min(Int64(text) ?? longest, longest))
        }
        return date(String(text)).map { .seconds(min(max(0, $0 - now), longest)) }
    }

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func date(_ text: String) -> Int64? {
        let parts = text.split { $0 == " " || $0 == "," }
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]), (0...9999).contains(year),
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let date = CivilDate(year: year, month: month + 1, day: day)
        let time = parts[4].split(separator: ":", omittingEmptySubsequences: false).compactMap { Int64($0) }
        // A leap second is a second.
        guard date.isValid, time.count == 3, (0...23).contains(time[0]), (0...59).contains(time[1]), (0...60).contains(time[2]) else {
            return nil
        }
        return Int64(date.daysSinceEpoch) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
    }
}
