import Testing
import WireFormats

@Suite struct HTTPDateTests {
    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func readsEachForm(text: String) {
        #expect(HTTPDate.seconds(text, now: Self.now) == 784_111_777)
    }

    /// By RFC 9110, section 5.6.7: what seems to be more than 50 years ahead is of the past.
    @Test(
        arguments: [
            // 2026-11-30T10:00:00Z.
            (1_796_032_800, "Monday, 30-Nov-76 10:00:00 GMT", "Mon, 30 Nov 2076 10:00:00 GMT"),
            (1_796_032_800, "Monday, 30-Nov-76 10:00:01 GMT", "Tue, 30 Nov 1976 10:00:01 GMT"),
            (1_796_032_800, "Tuesday, 01-Dec-76 00:00:00 GMT", "Wed, 01 Dec 1976 00:00:00 GMT"),
            (1_796_032_800, "Saturday, 31-Dec-77 00:00:00 GMT", "Sat, 31 Dec 1977 00:00:00 GMT"),
            (1_796_032_800, "Sunday, 01-Jan-75 00:00:00 GMT", "Tue, 01 Jan 2075 00:00:00 GMT"),
            // 2060-01-01T00:00:00Z.
            (2_840_140_800, "Wednesday, 01-Jan-10 00:00:00 GMT", "Wed, 01 Jan 2110 00:00:00 GMT"),
            (2_840_140_800, "Friday, 02-Jan-10 00:00:00 GMT", "Sat, 02 Jan 2010 00:00:00 GMT"),
            (2_840_140_800, "Monday, 01-Mar-80 00:00:00 GMT", "Fri, 01 Mar 2080 00:00:00 GMT"),
        ] as [(Int64, String, String)])
    func readsTwoDigitsByTheCurrentYear(now: Int64, short: String, long: String) throws {
        let expected = try #require(HTTPDate.seconds(long, now: now))
        #expect(HTTPDate.seconds(short, now: now) == expected)
        #expect(RetryAfter.seconds(short, now: now) == min(max(0, expected - now), Int64(Int32.max)))
    }

    private static let now: Int64 = 1_796_032_800

    @Test(arguments: [
        "", "now", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 199 08:49:37 GMT", "Sun, 06 Nix 1994 08:49:37 GMT",
        "Sun, 9223372036854775807 Nov 1994 08:49:37 GMT", "Sun Nov 9223372036854775807 08:49:37 1994",
        "Sun, -9223372036854775808 Nov 94 08:49:37 GMT",
    ])
    func refusesWhatIsNotADate(text: String) {
        #expect(HTTPDate.seconds(text, now: Self.now) == nil)
    }

    @Test(
        arguments: [
            ("7", 7), ("0", 0), (" 12", 12), ("99999999999999999999", 2_147_483_647), ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
            ("Sun, 06 Nov 1994 08:48:00 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 2_147_483_647), ("", nil), ("soon", nil), ("-1", nil),
            ("1.5", nil),
        ] as [(String, Int64?)])
    func readsRetryAfter(text: String, expected: Int64?) {
        // 08:49:00 on that day.
        #expect(RetryAfter.seconds(text, now: 784_111_740) == expected)
    }
}
