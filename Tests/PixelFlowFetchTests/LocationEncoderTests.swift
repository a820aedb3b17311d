import NIOCore
import NIOEmbedded
import Testing

@testable import PixelFlowFetch

@Suite struct LocationEncoderTests {
    private func passed(_ bytes: [UInt8], inPiecesOf size: Int) throws -> String {
        let channel = EmbeddedChannel(handler: LocationEncoder())
        var passed = ByteBuffer()
        for start in stride(from: 0, to: bytes.count, by: size) {
            try channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while var part = try channel.readInbound(as: ByteBuffer.self) { passed.writeBuffer(&part) }
        }
        _ = try channel.finish()
        while var part = try channel.readInbound(as: ByteBuffer.self) { passed.writeBuffer(&part) }
        return String(buffer: passed)
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func chunkSizeDoesNotMatter(size: Int) throws {
        let text =
            "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 100 Continue\n\nHTTP/1.1 302 Found\r\nX: y\r\nLOCATION:  /\u{fc} a \r\n\r\n"
            + "Location: \u{fc}\r\n\r\n"
        let expected =
            "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 100 Continue\n\nHTTP/1.1 302 Found\r\nX: y\r\nLocation: /%C3%BC%20a\r\n\r\n"
            + "Location: \u{fc}\r\n\r\n"
        #expect(try passed(Array(text.utf8), inPiecesOf: size) == expected)
    }

    /// The work must be linear in the length of the head: quadratic work would take two thousand million steps here.
    @Test(.timeLimit(.minutes(3))) func theLongestHeadMayArriveByteByByte() throws {
        let head = "HTTP/1.1 302 Found\r\nX: "
        let text = head + String(repeating: "x", count: LocationEncoder.maximumHead - head.utf8.count)
        #expect(try passed(Array(text.utf8), inPiecesOf: 1) == text)
    }
}
