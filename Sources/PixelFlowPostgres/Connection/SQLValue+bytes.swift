import PixelFlowIdentity

extension SQLValue {
    /// As the value travels: bytes with a length, so that a text with a NUL is refused by the server and not cut.
    var bytes: [UInt8] {
        switch self {
        case .text(let text): Array(text.utf8)
        case .integer(let number): withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
    }
}
