import NIOCore

/// Parses the replies of a server (RFC 5321, section 4.2), within limits on their size.
struct ReplyParser {
    /// Bytes per line; the protocol allows 512.
    static let lineLimit = 2_048
    /// Lines per reply.
    static let lineCount = 100

    private var buffer = ByteBuffer()
    private var lines: [String] = []
    private var code: Int?

    /// Whether there is no data of an incomplete or further reply.
    var isEmpty: Bool { buffer.readableBytes == 0 && lines.isEmpty }

    mutating func append(_ bytes: inout ByteBuffer) { buffer.writeBuffer(&bytes) }

    /// The next complete reply.
    ///
    /// - Throws: `SMTPError` of kind `.server` for anything that is not a reply.
    mutating func next() throws(SMTPError) -> SMTPReply? {
        while let line = try line() {
            let bytes = Array(line.utf8)
            guard bytes.count >= 3, let number = Int(line.prefix(3)), (200..<600).contains(number), code == nil || code == number else {
                throw Self.malformed
            }
            guard bytes.count == 3 || bytes[3] == UInt8(ascii: " ") || bytes[3] == UInt8(ascii: "-") else { throw Self.malformed }
            lines.append(String(decoding: bytes.dropFirst(4), as: UTF8.self))
            code = number
            guard bytes.count > 3, bytes[3] == UInt8(ascii: "-") else {
                defer { (lines, code) = ([], nil) }
                return SMTPReply(code: number, lines: lines)
            }
            guard lines.count < Self.lineCount else { throw Self.malformed }
        }
        return nil
    }

    /// The next line without its line break. Replaces bytes that are unsafe in logs with question marks.
    private mutating func line() throws(SMTPError) -> String? {
        guard let length = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map({ $0 - buffer.readerIndex }) else {
            if buffer.readableBytes > Self.lineLimit { throw Self.malformed }
            return nil
        }
        guard length <= Self.lineLimit, var bytes = buffer.readBytes(length: length) else { throw Self.malformed }
        buffer.moveReaderIndex(forwardBy: 1)
        buffer.discardReadBytes()
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return String(decoding: bytes.map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    private static let malformed = SMTPError(.server, "The server sent what is no reply of SMTP.")
}

/// A reply of a server: a code and one or more lines.
public struct SMTPReply: Sendable, Hashable, CustomStringConvertible {
    public let code: Int
    public let lines: [String]

    public var description: String { "\(code) \(lines.joined(separator: " "))" }

    var isPositive: Bool { (200..<300).contains(code) }
    var isIntermediate: Bool { (300..<400).contains(code) }
    var isTransient: Bool { (400..<500).contains(code) }
}
