import WireFormats

extension Timestamp {
    /// RFC 3339 in UTC with milliseconds, such as `2026-01-31T08:15:00.250Z`. Finer precision is truncated.
    package var iso8601: String { rfc3339.text(fractionDigits: 3) }

    /// Appends `iso8601`. Fast enough for every log line, unlike Foundation's formatting.
    package func appendISO8601(to line: inout [UInt8]) { rfc3339.append(to: &line, fractionDigits: 3) }

    private var rfc3339: RFC3339 {
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return rest < 0
            ? RFC3339(seconds: seconds - 1, nanoseconds: Int(rest + 1_000_000) * 1_000)
            : RFC3339(seconds: seconds, nanoseconds: Int(rest) * 1_000)
    }
}

extension Timestamp {
    /// Parses RFC 3339 with any offset, with microsecond precision. Nil for anything else.
    package init?(iso8601 text: String) {
        guard let time = RFC3339(text) else { return nil }
        self.init(microseconds: time.seconds * 1_000_000 + Int64(time.nanoseconds / 1_000))
    }
}
