import TestSupport
import Testing

@testable import AsyncPrimitives

/// Random walks of the rules, compared with a simple model.
@Suite struct SignalStateTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func noWakeUpIsLost(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var state = SignalState<UInt64>()
        var (waiting, isPending): ([UInt64], Bool) = ([], false)
        for number in 1...1000 as ClosedRange<UInt64> {
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                let isCancelled = Int.random(in: 0..<4, using: &random) == 0
                let end = state.wait(number, number, isCancelled: isCancelled)
                #expect(end == (isCancelled ? .cancelled : isPending ? .woken : nil))
                if end == nil { waiting.append(number) }
                if end == .woken { isPending = false }
            case 3...4:
                // The one that has waited longest, or the next to come.
                let woken = state.wake()
                #expect(woken == waiting.first)
                if waiting.isEmpty { isPending = true } else { waiting.removeFirst() }
            case 5:
                guard let position = waiting.indices.randomElement(using: &random) else { continue }
                let left = waiting.remove(at: position)
                #expect(state.leave(left) == left)
            case 6:
                #expect(state.leave(.max) == nil)
            default:
                let had = state.consume()
                #expect(had == isPending)
                isPending = false
            }
            #expect(state.isPending == isPending && state.waitingCount == waiting.count)
            #expect(!state.isPending || state.waitingCount == 0)
        }
        #expect(state.finish().sorted() == waiting)
        #expect(state.waitingCount == 0)
    }

    @Test func aPendingWakeUpOutlivesTheEnd() {
        var state = SignalState<Int>()
        #expect(state.wake() == nil)
        #expect(state.finish().isEmpty)
        #expect(state.wait(1, 1, isCancelled: false) == .woken)
        #expect(state.wait(2, 2, isCancelled: false) == .finished)
        #expect(state.wake() == nil)
        #expect(state.wait(3, 3, isCancelled: true) == .finished)
    }
}
