/// A set of ASCII bytes. A lookup is a single shift, and a set can be a constant, such as in a rule about characters.
///
///     let name = ASCIISet.lowercase.union(.digits).union("-_")
///     name.containsAll(of: "thumbnail-2")   // true
public struct ASCIISet: Sendable, Hashable {
    private var bits: UInt128 = 0

    /// The bytes of `text`. Ignores characters outside ASCII.
    public init(_ text: StaticString) {
        text.withUTF8Buffer { bytes in
            for byte in bytes where byte < 128 { bits |= 1 << UInt128(byte) }
        }
    }

    private init(_ range: ClosedRange<UInt8>) {
        for byte in range where byte < 128 { bits |= 1 << UInt128(byte) }
    }

    private init(bits: UInt128) { self.bits = bits }

    /// False for all bytes outside ASCII.
    public func contains(_ byte: UInt8) -> Bool { byte < 128 && bits & (1 << UInt128(byte)) != 0 }

    /// Whether every byte of `text` is in the set; true for empty text.
    public func containsAll(of text: some StringProtocol) -> Bool {
        // A loop over a generic collection is not specialised for callers in other modules, and slow.
        text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(contains) } ?? text.utf8.allSatisfy(contains)
    }

    public func union(_ other: ASCIISet) -> ASCIISet { ASCIISet(bits: bits | other.bits) }

    /// `a` to `z`.
    public static let lowercase = ASCIISet(UInt8(ascii: "a")...UInt8(ascii: "z"))
    /// `A` to `Z`.
    public static let uppercase = ASCIISet(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    /// `0` to `9`.
    public static let digits = ASCIISet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    /// Letters of both cases and digits.
    public static let alphanumerics = lowercase.union(uppercase).union(digits)
}

extension ASCIISet: ExpressibleByStringLiteral {
    public init(stringLiteral text: StaticString) { self.init(text) }
}
