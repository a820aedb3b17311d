import Testing

@testable import PixelFlowAPI

/// The pace at which event streams are reset after missed changes.
@Suite struct StreamResetTests {
    private func resets(of count: Int, _ resets: inout StreamResets<Int>, ticks: Int) -> [[Int]] {
        (0..<ticks).map { _ in resets.tick(Array(0..<count)) }
    }

    @Test func withoutAGapNothingIsReset() {
        var machine = StreamResets<Int>()
        #expect(resets(of: 5, &machine, ticks: 100).joined().isEmpty)
    }

    @Test(arguments: [1, 9, 10, 11, 1005]) func aRoundResetsEveryStreamOnceAndTakesTenTicks(count: Int) {
        var machine = StreamResets<Int>()
        machine.noteGap()
        let told = resets(of: count, &machine, ticks: 100)
        #expect(told.flatMap { $0 }.sorted() == Array(0..<count))
        #expect(!told[0].isEmpty)
        #expect(told.dropFirst(10).joined().isEmpty)
        #expect(told.allSatisfy { $0.count <= (count + 9) / 10 })
    }

    @Test func gapsDuringARoundShareTheNextOne() {
        var machine = StreamResets<Int>()
        machine.noteGap()
        var rounds: [Int] = []
        for tick in 0..<100 {
            machine.noteGap()
            if machine.tick(Array(0..<10)).contains(9) { rounds.append(tick) }
        }
        #expect(rounds == [0, 31, 62, 93])
    }

    @Test func aGapWithoutStreamsIsOver() {
        var machine = StreamResets<Int>()
        machine.noteGap()
        #expect(resets(of: 0, &machine, ticks: 60).joined().isEmpty)
        #expect(resets(of: 5, &machine, ticks: 60).joined().isEmpty)
    }
}
