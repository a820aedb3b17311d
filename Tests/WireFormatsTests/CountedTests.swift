import Testing
import WireFormats

@Suite struct CountedTests {
    @Test(arguments: [(0, "0 seconds"), (1, "1 second"), (2, "2 seconds"), (-1, "-1 seconds")])
    func unitsAgreeWithTheNumber(_ number: Int, _ text: String) {
        #expect(number.counted("second") == text)
    }

    @Test(arguments: [(1, "1 delivery"), (3, "3 deliveries")]) func irregularPluralsAreGiven(_ number: Int, _ text: String) {
        #expect(number.counted("delivery", "deliveries") == text)
    }
}
