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
}
