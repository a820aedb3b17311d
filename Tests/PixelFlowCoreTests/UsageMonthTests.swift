import PixelFlowCore
import Testing

@Suite struct UsageMonthTests {
    @Test(arguments: [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("2026-01-31T23:59:59.999999Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ("2026-12-15T08:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ])
    func monthsAreCalendarMonths(time: String, start: String, end: String) throws {
        let month = UsageMonth(at: try #require(Timestamp(iso8601: time)))
        #expect(month.start == Timestamp(iso8601: start))
        #expect(month.end == Timestamp(iso8601: end))
    }

    @Test(
        "a retention that cannot be set ends for no task",
        arguments: [
            (1, "2026-02-28T12:00:00Z"), (30, "2026-01-30T12:00:00Z"), (36_500, "1926-03-26T12:00:00Z"), (36_501, nil), (0, nil), (-1, nil),
            (9_000_000_000_000_000_000, nil), (.min, nil),
        ] as [(Int64, String?)])
    func retentionIsLimited(days: Int64, limit: String?) throws {
        let now = try #require(Timestamp(iso8601: "2026-03-01T12:00:00Z"))
        #expect(Quota.retentionLimit(days: days, at: now) == limit.flatMap { Timestamp(iso8601: $0) })
    }
}
