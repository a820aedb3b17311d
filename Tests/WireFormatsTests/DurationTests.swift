import Testing
import WireFormats

@Suite struct DurationTests {
    @Test(
        arguments: [
            (.seconds(1), 1_000, 1_000_000, 1_000_000_000), (.milliseconds(-1500), -1_500, -1_500_000, -1_500_000_000), (.zero, 0, 0, 0),
            (.nanoseconds(1_999_999), 1, 1_999, 1_999_999), (.nanoseconds(-1_999_999), -1, -1_999, -1_999_999),
            (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0, 0, 0),
        ] as [(Duration, Int64, Int64, Int64)])
    func finerFractionsAreTruncated(duration: Duration, milliseconds: Int64, microseconds: Int64, nanoseconds: Int64) {
        #expect(duration.milliseconds == milliseconds)
        #expect(duration.microseconds == microseconds)
        #expect(duration.nanoseconds == nanoseconds)
    }

    @Test func valuesOutOfRangeAreClamped() {
        let longest = Duration(secondsComponent: .max, attosecondsComponent: 0)
        #expect([longest.milliseconds, longest.microseconds, longest.nanoseconds] == [.max, .max, .max])
        let negative = Duration(secondsComponent: -.max, attosecondsComponent: 0)
        #expect([negative.milliseconds, negative.microseconds, negative.nanoseconds] == [.min, .min, .min])
        #expect(Duration.nanoseconds(Int64.max).nanoseconds == .max)
        #expect((Duration.nanoseconds(Int64.max) + .nanoseconds(1)).nanoseconds == .max)
        #expect((Duration.nanoseconds(Int64.min) - .nanoseconds(1)).nanoseconds == .min)
    }

    @Test(arguments: [(Duration.seconds(1), 1.0), (.milliseconds(-1500), -1.5), (.nanoseconds(999), 0), (.microseconds(1), 0.000001)])
    func secondsHaveAFraction(duration: Duration, seconds: Double) { #expect(duration.seconds == seconds) }
}
