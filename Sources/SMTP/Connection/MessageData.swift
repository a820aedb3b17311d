import NIOCore

/// A message as it goes over the wire: line ends, and a second dot before each line that begins with one (RFC 5321, section 4.5.2).
struct MessageData {
    /// With the final dot.
    let bytes: ByteBuffer
    /// Bytes as SIZE counts them (RFC 1870): without second dots and the final one.
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
