import NIOCore

/// A message as sent: with CRLF line breaks and an additional dot before lines that begin with one (RFC 5321, section 4.5.2).
struct MessageData {
    /// Including the final dot.
    let bytes: ByteBuffer
    /// Bytes as counted by SIZE (RFC 1870): without additional dots and the final one.
    let count: Int

    init(_ lines: [String]) {
        var bytes = ByteBuffer()
        var count = 0
        for line in lines {
            if line.utf8.first == UInt8(ascii: ".") { bytes.writeInteger(UInt8(ascii: ".")) }
            bytes.writeString(line)
            bytes.writeString("\r\n")
            count += line.utf8.count + 2
        }
        bytes.writeString(".\r\n")
        self.bytes = bytes
        self.count = count
    }
}
