import PixelFlowCore
import Testing

@Suite struct TwoGenerationCacheTests {
    @Test func isBoundedAndKeepsEntriesThatAreUsed() {
        let cache = TwoGenerationCache<String, Int>(capacity: 10)
        cache.insert(-1, for: "busy")
        for number in 0..<1000 {
            cache.insert(number, for: "t\(number)")
            #expect(cache["busy"] == -1)
            #expect(cache.count <= 11)
        }
        #expect(cache["t0"] == nil && cache["t999"] == 999)
    }

    @Test func entriesAreRemovedFromBothGenerations() {
        let cache = TwoGenerationCache<Int, Int>(capacity: 4)
        for number in 0..<3 { cache.insert(number, for: number) }
        for number in 0..<3 {
            cache.remove(number)
            #expect(cache[number] == nil)
        }
        cache.insert(7, for: 7)
        cache.removeAll()
        #expect(cache.count == 0 && cache[7] == nil)
    }
}
