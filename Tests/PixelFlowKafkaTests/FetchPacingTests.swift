import Testing

@testable import PixelFlowKafka

@Suite struct FetchPacingTests {
    @Test func pausesOnlyAfterManyQuickRepliesOfOneSize() {
        let pacing = FetchPacing(wait: .milliseconds(100))
        let rests = (1...7).map { _ in pacing.received(broker: 1, size: 115, in: .microseconds(200)) }
        #expect(rests == Array(repeating: nil, count: 3) + Array(repeating: .milliseconds(2), count: 4))
        #expect(pacing.received(broker: 1, size: 900, in: .microseconds(200)) == nil)
        #expect(pacing.received(broker: 1, size: 115, in: .microseconds(200)) == nil)
    }

    @Test func pausesLongerOnIdlePartitions() {
        let pacing = FetchPacing(wait: .milliseconds(100))
        let rests = (1...200).map { _ in pacing.received(broker: 1, size: 115, in: .microseconds(200)) }
        #expect(rests.last == .milliseconds(5))
    }

    @Test func aServerThatWaitsLikeKafkaIsNotPaced() {
        let pacing = FetchPacing(wait: .milliseconds(100))
        for _ in 1...50 { #expect(pacing.received(broker: 1, size: 115, in: .milliseconds(100)) == nil) }
    }

    @Test func brokersAreJudgedIndividually() {
        let pacing = FetchPacing(wait: .milliseconds(100))
        for broker in 1...3 as ClosedRange<Int32> {
            for _ in 1...3 { #expect(pacing.received(broker: broker, size: 115, in: .zero) == nil) }
        }
    }
}
