import Testing
import WireFormats

@Suite struct NumberTests {
    @Test(
        arguments: [
            (1e300, Int.max), (-1e300, .min), (.infinity, .max), (.nan, 0), (1.9, 1), (-1.9, -1), (0x1p63, .max),
            (-0x1p63, .min),
        ] as [(Double, Int)])
    func anyNumberIsConverted(value: Double, expected: Int) { #expect(Int(clamping: value) == expected) }

    @Test(arguments: [(0.29, 28), (0, 0), (1, 100), (7, 100), (-1e300, 0), (.nan, 0)] as [(Double, Int)])
    func aFractionIsAPercentage(value: Double, expected: Int) { #expect(Int(percentOf: value) == expected) }

    @Test(arguments: [(1e300, 3_162_240_000), (-1, 0), (.nan, 0), (.infinity, 3_162_240_000), (60, 60)] as [(Double, Int64)])
    func secondsAreBounded(value: Double, expected: Int64) {
        #expect(Duration.seconds(clamping: value).components.seconds == expected)
    }
}
