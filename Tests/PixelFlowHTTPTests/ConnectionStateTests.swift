import NIOCore
import Testing

@testable import PixelFlowHTTP

@Suite("Time limits of a connection")
struct ConnectionStateTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private static func at(_ seconds: Double) -> NIODeadline { start + .nanoseconds(Int64(seconds * 1e9)) }

    private func fresh(_ change: (inout ConnectionLimits) -> Void = { _ in }) -> ConnectionState {
        var limits = ConnectionLimits()
        change(&limits)
        return ConnectionState(limits: limits, now: Self.start)
    }

    /// A state in which a request with a body is arriving.
    private func uploading(isHeld: Bool = false) -> ConnectionState {
        var state = fresh()
        state.received(bytes: 100, now: Self.start)
        state.headerEnded(isHeld: isHeld, now: Self.start)
        return state
    }

    @Test("a silent client is disconnected without a response when the header time is up")
    func silentClientIsDisconnected() {
        var state = fresh()
        #expect(state.nextDeadline(now: Self.start) == Self.at(10))
        #expect(state.check(now: Self.at(9.9)) == nil)
        #expect(state.check(now: Self.at(10)) == .close)
    }

    @Test("the time for the first header starts with the connection, however slowly the header arrives")
    func headerTimeStartsWithTheConnection() {
        var state = fresh()
        for second in 0..<10 {
            state.received(bytes: 1, now: Self.at(Double(second)))
            #expect(state.check(now: Self.at(Double(second))) == nil)
        }
        #expect(state.check(now: Self.at(10)) == .refuse(.headerTimeout))
    }

    @Test("the time for a later header starts with its first byte, the idle time with the previous response")
    func laterHeaderTimeStartsWithItsFirstByte() {
        var state = fresh()
        state.received(bytes: 100, now: Self.at(1))
        state.headerEnded(isHeld: false, now: Self.at(1))
        state.requestEnded(now: Self.at(1))
        #expect(state.nextDeadline(now: Self.at(1)) == nil, "a response may take as long as it does: a stream of events goes on for hours")
        #expect(!state.isWaiting)
        state.responseBegan()
        state.responseEnded(now: Self.at(100))
        #expect(state.isWaiting)
        #expect(state.check(now: Self.at(159)) == nil)
        var idle = state
        #expect(idle.check(now: Self.at(160)) == .close)
        state.received(bytes: 1, now: Self.at(155))
        #expect(state.check(now: Self.at(159.9)) == nil)
        #expect(state.check(now: Self.at(165)) == .refuse(.headerTimeout))
    }

    @Test("a body below the minimum rate is refused, one at the rate is not", arguments: [(1000, true), (1024, false), (100_000, false)])
    func bodyBelowTheMinimumRateIsRefused(bytesPerSecond: Int, isSlow: Bool) {
        var state = uploading()
        for second in 1...10 { state.bodyReceived(bytes: bytesPerSecond, now: Self.at(Double(second))) }
        #expect(state.check(now: Self.at(10)) == (isSlow ? .refuse(.bodyTimeout) : nil))
    }

    @Test("each window counts separately: a fast start does not allow a later pause")
    func eachWindowCountsSeparately() {
        var state = uploading()
        state.bodyReceived(bytes: 10_000_000, now: Self.at(1))
        #expect(state.check(now: Self.at(10)) == nil)
        #expect(state.nextDeadline(now: Self.at(10)) == Self.at(20))
        #expect(state.check(now: Self.at(20)) == .refuse(.bodyTimeout))
    }

    @Test("while the server does not read, the client does not count as slow")
    func unreadBodyIsNotSlow() {
        var state = uploading()
        state.readingChanged(isReading: false, now: Self.at(1))
        #expect(state.check(now: Self.at(100)) == nil)
        state.readingChanged(isReading: true, now: Self.at(100))
        #expect(state.check(now: Self.at(108)) == nil)
        #expect(state.check(now: Self.at(109)) == .refuse(.bodyTimeout))
    }

    @Test("a client that waits for 100 (Continue) does not count as slow until it receives it")
    func clientWaitingForContinueIsNotSlow() {
        var state = uploading(isHeld: true)
        #expect(state.check(now: Self.at(100)) == nil)
        state.continued(now: Self.at(100))
        #expect(state.check(now: Self.at(110)) == .refuse(.bodyTimeout))
    }

    @Test("a minimum rate of 0 means no limit")
    func rateOfZeroIsUnlimited() {
        var state = fresh { $0.minimumBodyRate = 0 }
        state.received(bytes: 100, now: Self.start)
        state.headerEnded(isHeld: false, now: Self.start)
        #expect(state.nextDeadline(now: Self.start) == nil)
        #expect(state.check(now: Self.at(1000)) == nil)
    }

    @Test("a response that is not read ends the connection, one that is read with pauses does not")
    func unreadResponseEndsTheConnection() {
        var state = uploading()
        state.requestEnded(now: Self.start)
        state.responseBegan()
        state.writabilityChanged(isWritable: false, now: Self.at(5))
        state.writabilityChanged(isWritable: true, now: Self.at(50))
        #expect(state.check(now: Self.at(70)) == nil)
        state.writabilityChanged(isWritable: false, now: Self.at(70))
        #expect(state.nextDeadline(now: Self.at(70)) == Self.at(130))
        #expect(state.check(now: Self.at(130)) == .refuse(.readTimeout))
        #expect(!state.canRespond)
    }

    @Test("a header over the size limit is detected; a body does not count as header")
    func oversizedHeaderIsDetected() {
        var state = fresh { $0.headerBytes = 2000 }
        state.received(bytes: 2000, now: Self.start)
        #expect(!state.isHeaderTooLarge)
        state.received(bytes: 1, now: Self.start)
        #expect(state.isHeaderTooLarge)
        var body = uploading()
        body.received(bytes: 10_000_000, now: Self.start)
        #expect(!body.isHeaderTooLarge)
    }

    @Test("a second request during the response to the first keeps the connection busy")
    func pipelinedRequestKeepsTheConnectionBusy() {
        var state = fresh()
        for _ in 0..<2 {
            state.received(bytes: 100, now: Self.start)
            state.headerEnded(isHeld: false, now: Self.start)
            state.requestEnded(now: Self.start)
        }
        #expect(!state.canRespond)
        state.responseBegan()
        state.responseEnded(now: Self.at(1))
        #expect(!state.isWaiting)
        state.responseEnded(now: Self.at(2))
        #expect(state.isWaiting)
        #expect(state.nextDeadline(now: Self.at(2)) == Self.at(62))
    }

    @Test("of a body whose response has ended, a part is accepted that may have been on its way")
    func unreadBody() {
        let most = ConnectionLimits().unreadBodyBytes
        var state = uploading()
        state.bodyReceived(bytes: 2 * most, now: Self.at(1))
        #expect(!state.isBodyUnwanted)
        state.responseBegan()
        state.responseEnded(now: Self.at(2))
        state.bodyReceived(bytes: most, now: Self.at(3))
        #expect(!state.isBodyUnwanted)
        state.bodyReceived(bytes: 1, now: Self.at(4))
        #expect(state.isBodyUnwanted)
        // That of a request before the one that is being received.
        state = uploading()
        state.requestEnded(now: Self.at(1))
        state.headerEnded(isHeld: false, now: Self.at(1))
        state.responseEnded(now: Self.at(2))
        state.bodyReceived(bytes: 2 * most, now: Self.at(3))
        #expect(!state.isBodyUnwanted)
    }
}
