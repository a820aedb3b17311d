import WireFormats

/// The usage of an organisation, currently and by day.
package struct Usage: Sendable, Hashable {
    package var month: UsageMonth
    package var now: Consumption
    /// The last `UsageDay.shown` days without gaps, oldest first; the last one is the current day.
    package var days: [UsageDay]

    package init(month: UsageMonth, now: Consumption, days: [UsageDay]) {
        self.month = month
        self.now = now
        self.days = days
    }
}

/// The usage of one day (UTC).
package struct UsageDay: Sendable, Hashable {
    /// The number of days that a store reports.
    package static let shown = 90
    /// The minimum number of days for which usage of deleted tasks is kept: the reported days, and the month.
    package static let kept = 100
    /// Microseconds.
    package static let length: Int64 = 86_400_000_000

    package var start: Timestamp
    package var created: Int
    /// Tasks that finished on this day; a replayed task counts on the day of its last end.
    package var completed: Int
    package var failed: Int
    /// Bytes of uploads, fetched sources and outputs of this day.
    package var bytesAdded: Int
    /// Bytes of tasks that were deleted on this day.
    package var bytesRemoved: Int

    package init(start: Timestamp, created: Int = 0, completed: Int = 0, failed: Int = 0, bytesAdded: Int = 0, bytesRemoved: Int = 0) {
        self.start = start
        self.created = created
        self.completed = completed
        self.failed = failed
        self.bytesAdded = bytesAdded
        self.bytesRemoved = bytesRemoved
    }

    /// Empty days up to `now`, oldest first.
    package static func days(until now: Timestamp) -> [UsageDay] {
        let last = number(of: now)
        return (0..<Int64(shown)).map { UsageDay(start: Timestamp(microseconds: (last - Int64(shown) + 1 + $0) * length)) }
    }

    /// Days since 1970.
    package static func number(of time: Timestamp) -> Int64 { time.microseconds / length }
}

/// A calendar month (UTC).
package struct UsageMonth: Sendable, Hashable {
    package let start: Timestamp
    /// The start of the next month.
    package let end: Timestamp

    package init(at time: Timestamp) {
        let date = CivilDate(daysSinceEpoch: Int(UsageDay.number(of: time)))
        start = Self.beginning(year: date.year, month: date.month)
        end = date.month == 12 ? Self.beginning(year: date.year + 1, month: 1) : Self.beginning(year: date.year, month: date.month + 1)
    }

    private static func beginning(year: Int, month: Int) -> Timestamp {
        Timestamp(microseconds: Int64(CivilDate(year: year, month: month, day: 1).daysSinceEpoch) * UsageDay.length)
    }

    func secondsLeft(at now: Timestamp) -> Int { max(1, Int((end - now).seconds.rounded(.up))) }
}
