package import Foundation
import WireFormats

/// A point in time in whole microseconds since 1970-01-01T00:00:00Z.
///
/// All stored times use this type, so that databases and JSON agree exactly. A stored time may be any number, so arithmetic ends at the
/// bounds of the range instead of trapping.
package struct Timestamp: Sendable, Hashable, Comparable, Codable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package init(_ date: Date) {
        let microseconds = (date.timeIntervalSince1970 * 1_000_000).rounded()
        self.microseconds = Int64(exactly: microseconds) ?? (microseconds < 0 ? .min : .max)
    }

    package init(from decoder: any Decoder) throws {
        self.microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    package static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflows) = time.microseconds.addingReportingOverflow(duration.microseconds)
        return Timestamp(microseconds: overflows ? (time.microseconds < 0 ? .min : .max) : sum)
    }

    package static func - (time: Timestamp, duration: Duration) -> Timestamp {
        let (difference, overflows) = time.microseconds.subtractingReportingOverflow(duration.microseconds)
        return Timestamp(microseconds: overflows ? (time.microseconds < 0 ? .min : .max) : difference)
    }

    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds) - .microseconds(right.microseconds)
    }

    /// The time since `earlier`. If the clock was set back, the true age is unknown and this returns a very long one, so that cached
    /// data is reloaded, and not trusted until the clock has caught up.
    package func age(since earlier: Timestamp) -> Duration { self < earlier ? .seconds(365 * 86_400) : self - earlier }

    /// Later than any task time.
    package static let distantFuture = Timestamp(microseconds: 253_402_300_799_000_000)

    package var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
}
