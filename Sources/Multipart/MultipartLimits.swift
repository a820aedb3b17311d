/// Limits on what a parser keeps in memory.
///
/// The bodies of parts are streamed and not limited here: limit them where they are consumed.
public struct MultipartLimits: Sendable, Hashable {
    /// Parts in one body.
    public var parts: Int
    /// Bytes of one part's header, including line breaks.
    public var headerBytes: Int
    /// Header lines of one part.
    public var headers: Int
    /// Bytes before the first boundary; common clients send none.
    public var preambleBytes: Int

    public init(parts: Int = 64, headerBytes: Int = 8 * 1024, headers: Int = 16, preambleBytes: Int = 4 * 1024) {
        self.parts = parts
        self.headerBytes = headerBytes
        self.headers = headers
        self.preambleBytes = preambleBytes
    }
}
