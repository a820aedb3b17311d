import Testing
import WireFormats

@Suite struct CivilDateTests {
    @Test(arguments: [
        (0, 1970, 1, 1), (-1, 1969, 12, 31), (11_016, 2000, 2, 29), (11_017, 2000, 3, 1), (-25_509, 1900, 2, 28), (-25_508, 1900, 3, 1),
        (47_540, 2100, 2, 28), (47_541, 2100, 3, 1), (2_932_896, 9999, 12, 31), (-719_528, 0, 1, 1), (-719_529, -1, 12, 31),
    ])
    func daysAreCountedFrom1970(days: Int, year: Int, month: Int, day: Int) {
        let date = CivilDate(year: year, month: month, day: day)
        #expect(CivilDate(daysSinceEpoch: days) == date)
        #expect(date.daysSinceEpoch == days)
    }

    @Test func consecutiveDaysHaveConsecutiveNumbers() {
        // 800 years, both ways across the start of an era and of the epoch.
        var last = CivilDate(daysSinceEpoch: -150_000)
        for days in -149_999...150_000 {
            let date = CivilDate(daysSinceEpoch: days)
            let isNext =
                date.year == last.year
                && (date.month == last.month && date.day == last.day + 1 || date.month == last.month + 1 && date.day == 1)
                || date.year == last.year + 1 && date.month == 1 && date.day == 1 && last.month == 12
            guard isNext, date.daysSinceEpoch == days, date.isValid else {
                Issue.record("\(date) after \(last)")
                return
            }
            last = date
        }
    }

    @Test(arguments: [
        (2024, 2, 29, true), (2026, 2, 29, false), (2026, 4, 31, false), (2026, 13, 1, false), (2026, 0, 1, false), (2026, 1, 0, false),
        (1900, 2, 29, false), (2000, 2, 29, true), (2026, 12, 31, true), (2026, 12, 32, false),
        (2026, 12, .max, false), (2026, 12, .min, false), (.max, 12, 31, false), (.min, 1, 1, false), (2026, .max, 1, false),
    ])
    func acceptsValidDatesOnly(year: Int, month: Int, day: Int, isValid: Bool) {
        #expect(CivilDate(year: year, month: month, day: day).isValid == isValid)
    }

    @Test func aDayBeyondTheMonthRollsOver() {
        #expect(CivilDate(year: 2026, month: 2, day: 31).daysSinceEpoch == CivilDate(year: 2026, month: 3, day: 3).daysSinceEpoch)
    }
}
