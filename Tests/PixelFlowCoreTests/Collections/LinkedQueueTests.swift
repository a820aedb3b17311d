import TestSupport
import Testing

@testable import PixelFlowCore

@Suite struct LinkedQueueTests {
    /// Random additions and removals: the queue has the same contents as an array.
    @Test(arguments: 0..<10 as Range<UInt64>) func behavesLikeAnArray(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = LinkedQueue<Int>()
        var model: [Int] = []
        for number in 0..<1000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                queue.append(number)
                model.append(number)
            case 2:
                let first = queue.popFirst()
                #expect(first == (model.isEmpty ? nil : model.removeFirst()))
            case 3:
                guard let position = model.indices.randomElement(using: &random) else { continue }
                let isRemoved = queue.remove(model.remove(at: position))
                #expect(isRemoved)
            default:
                let isRemoved = queue.remove(-1)
                #expect(!isRemoved)
            }
            #expect(queue.elements == model)
            #expect(queue.count == model.count && queue.isEmpty == model.isEmpty && queue.first == model.first)
        }
    }
}

extension LinkedQueue {
    /// From the first to the last.
    fileprivate var elements: [Element] {
        var all: [Element] = []
        _ = first { element in
            all.append(element)
            return false
        }
        return all
    }
}
