package import PixelFlowCore

/// The moment of a signature in the two forms that it is written in.
package struct SigningTime: Sendable, Hashable {
    /// `20130524`.
    package let date: String
    /// `20130524T000000Z`.
    package let dateTime: String

    package init(_ time: Timestamp) {
        let digits = time.iso8601.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ":") }
        // `20130524T000000`, then the milliseconds, which signatures do not contain.
        let seconds = String(decoding: digits.prefix(15), as: UTF8.self)
        date = String(seconds.prefix(8))
        dateTime = seconds + "Z"
    }
}
