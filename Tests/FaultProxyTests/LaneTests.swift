import NIOCore
import NIOEmbedded
import Testing

@testable import FaultProxy

/// When bytes leave a lane, on a clock that the test moves.
@Suite struct LaneTests {
    private let loop = EmbeddedEventLoop()
    private let faults = Faults()
    private let sink: EmbeddedChannel
    private let lane: Lane

    init() {
        sink = EmbeddedChannel(handlers: [], loop: loop)
        lane = Lane(from: EmbeddedChannel(handlers: [], loop: loop), faults: faults) { _ in }
        lane.open(to: sink)
    }

    /// The bytes that have come out since the last time.
    private func sent() throws -> Int {
        var count = 0
        while let bytes = try sink.readOutbound(as: ByteBuffer.self) { count += bytes.readableBytes }
        return count
    }

    @Test func passesBytesOnImmediately() throws {
        lane.receive(ByteBuffer(repeating: 7, count: 10))
        #expect(try sent() == 10)
    }

    @Test func everyByteIsDelayedByTheLatency() throws {
        faults.change { $0.latency = .milliseconds(100) }
        // In pieces, as bytes come: each waits as long as the first, not one after another.
        for _ in 0..<4 { lane.receive(ByteBuffer(repeating: 7, count: 50_000)) }
        loop.advanceTime(by: .milliseconds(60))
        lane.receive(ByteBuffer(repeating: 7, count: 1))
        loop.advanceTime(by: .milliseconds(39))
        #expect(try sent() == 0)
        loop.advanceTime(by: .milliseconds(1))
        #expect(try sent() == 200_000)
        loop.advanceTime(by: .milliseconds(59))
        #expect(try sent() == 0)
        loop.advanceTime(by: .milliseconds(1))
        #expect(try sent() == 1)
    }

    @Test func aLimitedConnectionKeepsItsLimit() throws {
        faults.change { $0.bytesPerSecond = 100_000 }
        for _ in 0..<5 { lane.receive(ByteBuffer(repeating: 7, count: 10_000)) }
        for _ in 0..<5 {
            loop.advanceTime(by: .milliseconds(99))
            #expect(try sent() == 0)
            loop.advanceTime(by: .milliseconds(1))
            #expect(try sent() == 10_000)
        }
        faults.reset()
        lane.receive(ByteBuffer(repeating: 7, count: 10_000))
        #expect(try sent() == 10_000)
    }

    @Test func aBlackHolePassesNothingUntilItCloses() throws {
        faults.change { $0.isBlackHole = true }
        lane.receive(ByteBuffer(repeating: 7, count: 10))
        loop.advanceTime(by: .hours(1))
        #expect(try sent() == 0)
        faults.change { $0.isBlackHole = false }
        lane.drain()
        #expect(try sent() == 10)
    }
}
