import Testing
import WireFormats

@Suite struct HTTPDateTests {
    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func readsEachForm(text: String) {
        #expect(HTTPDate.seconds(text) == 784_111_777)
    }

    @Test(arguments: [
        "", "now", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 199 08:49:37 GMT", "Sun, 06 Nix 1994 08:49:37 GMT",
        "Sun, 9223372036854775807 Nov 1994 08:49:37 GMT", "Sun Nov 9223372036854775807 08:49:37 1994",
        "Sun, -9223372036854775808 Nov 94 08:49:37 GMT",
    ])
    func refusesWhatIsNotADate(text: String) {
        #expect(HTTPDate.seconds(text) == nil)
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
