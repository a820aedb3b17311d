import Testing

@testable import PixelFlowClient

@Suite struct ServerSentEventTests {
    private static let stream =
        "\u{FEFF}: hello\nretry: 2000\n\nid: 1\nevent: task\ndata: a\ndata:b\n\r\ndata: ü\r\n\r\nid\rdata: c\r\rdata: lost"
    private static let events = [
        ServerSentEvent(id: "1", name: "task", data: "a\nb"), ServerSentEvent(id: "1", name: "message", data: "ü"),
        ServerSentEvent(id: "", name: "message", data: "c"),
    ]

    @Test func readsMessages() throws {
        var parser = ServerSentEventParser()
        #expect(try parser.read(Self.stream.utf8) == Self.events)
        #expect(parser.retry == .seconds(2))
        #expect(parser.lastEventID == "")
    }

    @Test func acceptsAnySplit() throws {
        let bytes = Array(Self.stream.utf8)
        for size in 1...bytes.count {
            var parser = ServerSentEventParser()
            var events: [ServerSentEvent] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += try parser.read(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(events == Self.events, "in pieces of \(size)")
        }
    }

    @Test func ignoresUnknownFields() throws {
        var parser = ServerSentEventParser(lastEventID: "7")
        #expect(
            try parser.read("retry: soon\nunknown: x\nevent: nothing\n\nid: a\0b\ndata\n\n".utf8) == [
                .init(id: "7", name: "message", data: "")
            ])
        #expect(parser.retry == nil)
    }

    @Test func hasASizeLimit() throws {
        var parser = ServerSentEventParser(limit: 8)
        #expect(try parser.read("data: 12\n\n".utf8).count == 1)
        #expect(throws: ServerSentEventParser.TooLargeError(limit: 8)) { try parser.read("data: 123".utf8) }
    }
}
