import Foundation
import PixelFlowCore
import Testing
import WireFormats

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_769_847_300_250_000, "2026-01-31T08:15:00.250Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (-1_000_000, "1969-12-31T23:59:59.000Z"), (1_769_847_300_250_999, "2026-01-31T08:15:00.250Z"),
            (253_402_300_799_000_000, "9999-12-31T23:59:59.000Z"), (1_709_164_800_000_000, "2024-02-29T00:00:00.000Z"),
        ] as [(Int64, String)])
    func isShownAsRFC3339(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).iso8601 == text)
    }

    @Test func countsInWholeMicroseconds() {
        let time = Timestamp(microseconds: 1_000_000)
        #expect((time + .milliseconds(1)).microseconds == 1_001_000)
        #expect((time - .microseconds(1)).microseconds == 999_999)
        #expect((time + .nanoseconds(1999)).microseconds == 1_000_001)
        #expect((time + .seconds(2)) - time == .seconds(2))
        #expect(time - (time + .seconds(2)) == .seconds(-2))
        #expect(time < time + .microseconds(1))
    }

    /// A stored time may be any number.
    @Test func staysWithinItsRange() {
        let (first, last) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
        #expect(last + .seconds(1) == last)
        #expect(first + .seconds(-1) == first)
        #expect(first - .seconds(1) == first)
        #expect(last - .seconds(-1) == last)
        #expect(last - .microseconds(Int64.min) == last)
        #expect(last - first > .seconds(Int64.max / 1_000_000))
        #expect(last.age(since: first) == last - first)
        #expect(Timestamp(Date(timeIntervalSince1970: 1e30)) == last)
        #expect(Timestamp(Date(timeIntervalSince1970: -1e30)) == first)
        #expect(!last.iso8601.isEmpty && !first.iso8601.isEmpty)
    }

    @Test(arguments: [0, 1, 999_999, 1_769_847_300_250_001, 4_102_444_800_123_456] as [Int64])
    func survivesADate(microseconds: Int64) {
        let time = Timestamp(microseconds: microseconds)
        #expect(Timestamp(time.date) == time)
    }

    @Test func isWrittenAsANumber() throws {
        let data = try JSONEncoder().encode([Timestamp(microseconds: 1_769_847_300_250_001)])
        #expect(String(decoding: data, as: UTF8.self) == "[1769847300250001]")
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [Timestamp(microseconds: 1_769_847_300_250_001)])
    }

    @Test func systemClockReturnsTheTime() {
        let before = Date()
        let now = SystemClock().now().date
        #expect(now >= before.addingTimeInterval(-0.001) && now <= Date().addingTimeInterval(0.001))
    }
}
