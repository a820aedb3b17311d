public import NIOCore

/// What a parser has found, in the order of the body.
///
/// A body is `(partBegan body* partEnded)* finished`.
public enum MultipartEvent: Sendable, Hashable {
    /// The header of a part is complete.
    case partBegan(MultipartPart)
    /// Some bytes of the part that began last, never none; a slice of what was fed wherever possible.
    case body(ByteBuffer)
    /// The part is complete.
    case partEnded
    /// The closing boundary was seen. What follows it is ignored.
    case finished
}
