import NIOCore
import NIOEmbedded
import NIOHTTP1
import RawHTTP
import Testing

@testable import PixelFlowHTTP

/// Connections that are driven without a task.
@Suite struct LoopConnectionTests {
    private typealias Connection = LoopConnection<ByteBuffer, ByteBuffer>

    /// What the owner of a connection is notified of.
    private final class Told {
        var texts: [String] = []

        func note(_ event: Connection.Event) {
            switch event {
            case .message(let bytes): texts.append(String(buffer: bytes))
            case .failure: texts.append("failure")
            case .writable(let isWritable): texts.append(isWritable ? "writable" : "full")
            case .stopping: texts.append("stopping")
            case .ended: texts.append("ended")
            }
        }
    }

    @Test func earlyBytesAreKeptAndReadingPauses() throws {
        let (channel, connection, told, reads) = (EmbeddedChannel(), Connection(), Told(), ReadCounter())
        try channel.pipeline.syncOperations.addHandlers([reads, connection])
        try channel.writeInbound(ByteBuffer(string: "early"))
        channel.read()
        #expect(reads.count == 0)
        connection.start(told.note)
        #expect(told.texts == ["early"])
        #expect(reads.count == 1)
        connection.pause()
        channel.read()
        #expect(reads.count == 1)
        connection.resume()
        #expect(reads.count == 2)
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
    }

    @Test func onlyTheOwnerIsNotified() throws {
        let (channel, connection) = (EmbeddedChannel(), Connection())
        try channel.pipeline.syncOperations.addHandler(connection)
        connection.start { _ in }
        try channel.writeOutbound(ByteBuffer(string: "of HTTP"))
        channel.close(mode: .output, promise: nil)
        connection.send([ByteBuffer(string: "one"), ByteBuffer(string: "two")], promise: nil)
        #expect(try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } == "one")
        #expect(try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } == "two")
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func theEndIsReportedOnceAndLast() throws {
        let (channel, connection, told) = (EmbeddedChannel(), Connection(), Told())
        try channel.pipeline.syncOperations.addHandler(connection)
        connection.start(told.note)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channel.pipeline.fireErrorCaught(ChannelError.ioOnClosedChannel)
        _ = try channel.finish()
        #expect(told.texts == ["stopping", "ended"])
        let promise = channel.eventLoop.makePromise(of: Void.self)
        connection.send([ByteBuffer()], promise: promise)
        // bounded: an embedded event loop has run everything already
        #expect(throws: ChannelError.self) { try promise.futureResult.wait() }
    }

    @Test func bytesBeforeTheEndAreReportedFirst() throws {
        let (channel, told) = (EmbeddedChannel(), Told())
        let connection = ConnectionGuard(registry: ConnectionRegistry(), metrics: nil)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandlers([
            connection, HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)),
            RequestObserver(connection),
        ])
        try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"))
        try channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: .switchingProtocols)))
        // Arrives before the handlers of the next protocol are installed.
        try channel.writeInbound(ByteBuffer(string: "last words"))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        try Connection.takeOver(channel, []) { $0.start(told.note) }
        #expect(told.texts == ["last words", "ended"])
    }

    @Test func earlyBytesReachTheNextProtocol() throws {
        let (channel, connection) = (EmbeddedChannel(), ConnectionGuard(registry: ConnectionRegistry(), metrics: nil))
        let reads = ReadCounter()
        try channel.pipeline.syncOperations.addHandlers([reads, connection])
        connection.switching()
        try channel.writeInbound(ByteBuffer(string: "a frame"))
        channel.read()
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        #expect(reads.count == 0)
        connection.upgraded()
        #expect(try channel.readInbound(as: ByteBuffer.self).map { String(buffer: $0) } == "a frame")
        #expect(reads.count == 1)
        try channel.writeInbound(ByteBuffer(string: "another"))
        #expect(try channel.readInbound(as: ByteBuffer.self).map { String(buffer: $0) } == "another")
    }
}
