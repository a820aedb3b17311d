import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A point in time in the format of Kubernetes (RFC 3339).
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970 in UTC.
    public var secondsSinceEpoch: Double

    public init(secondsSinceEpoch: Double) {
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(secondsSinceEpoch: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    /// The age of this time; negative if it is in the future.
    public func age(at now: Timestamp = .now) -> Duration {
        .seconds(now.secondsSinceEpoch - secondsSinceEpoch)
    }

    public func advanced(by duration: Duration) -> Timestamp {
        Timestamp(secondsSinceEpoch: secondsSinceEpoch + duration.seconds)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }
}

extension Timestamp {
    /// Parses RFC 3339, with or without a fraction, with `Z` or an offset. Nil for anything else.
    public init?(_ text: String) {
        guard let time = RFC3339(text) else { return nil }
        self.init(secondsSinceEpoch: Double(time.seconds) + Double(time.nanoseconds) / 1e9)
    }

    /// In UTC with second precision, as Kubernetes writes most times.
    public var text: String { RFC3339(seconds: Int64(secondsSinceEpoch.rounded(.down))).text() }
}

extension Timestamp: Codable {
    /// A string that is not a time decodes as the start of 1970, so that the rest of the object stays readable.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        self = Timestamp(text) ?? Timestamp(secondsSinceEpoch: 0)
    }

    public func encode(to encoder: any Encoder) throws {
        try text.encode(to: encoder)
    }
}
