public import NIOCore

/// What the parser has found, in the order of the body.
///
/// A body is `(partBegan body* partEnded)* finished`.
public enum MultipartEvent: Sendable, Hashable {
    /// The header of a part is complete.
    case partBegan(MultipartPart)
    /// Bytes of the current part, never empty; a slice of the input if possible.
    case body(ByteBuffer)
    /// The part is complete.
    case partEnded
    /// The closing boundary has been read. Everything after it is ignored.
    case finished
}
