import NIOCore
import Testing

@testable import PixelFlowRedis

@Suite("Redis replies")
struct ReplyReaderTests {
    private static let text = "*3\r\n:42\r\n$5\r\na\r\nbc\r\n*2\r\n$-1\r\n+OK\r\n-ERR no\r\n"
    private static let values: [RedisValue] = [
        .array([.integer(42), .string(Array("a\r\nbc".utf8)), .array([.null, .status("OK")])]), .error("ERR no"),
    ]

    @Test("replies are parsed wherever their bytes are split", arguments: 1...text.utf8.count)
    func splitRepliesAreParsed(size: Int) throws {
        var reader = try ReplyReader()
        var read: [RedisValue] = []
        var rest = Array(Self.text.utf8)[...]
        while !rest.isEmpty {
            try reader.feed(ByteBuffer(bytes: rest.prefix(size)))
            rest = rest.dropFirst(size)
            while let value = try reader.next() { read.append(value) }
        }
        #expect(read == Self.values)
    }

    @Test("an invalid reply is refused", arguments: ["HTTP/1.1 200 OK\r\n", "$x\r\n", "*-2\r\n"])
    func invalidReplyIsRefused(text: String) throws {
        var reader = try ReplyReader()
        var kind: RedisError.Kind?
        do {
            try reader.feed(ByteBuffer(string: text))
            #expect(try reader.next() == nil)
        } catch {
            kind = error.kind
        }
        #expect(kind == .protocolError)
    }
}
