import PixelFlowCache
import Testing

@Suite struct BoundedEntriesTests {
    @Test func theLeastRecentlyUsedEntryIsEvicted() {
        var entries = BoundedEntries<Int, String>(limits: CacheLimits(entries: 3, bytes: 1000, entryBytes: 1000))
        for key in 1...3 { entries.put("\(key)", for: key, bytes: 10) }
        #expect(entries.use(1) == "1")
        entries.put("4", for: 4, bytes: 10)
        #expect(entries.use(2) == nil)
        #expect([1, 3, 4].allSatisfy { entries.use($0) != nil })
        #expect(entries.count == 3 && entries.bytes == 30)
    }

    @Test func lookingAtAnEntryDoesNotUseIt() {
        var entries = BoundedEntries<Int, String>(limits: .entries(2))
        entries.put("a", for: 1)
        entries.put("b", for: 2)
        #expect(entries.value(of: 1) == "a")
        entries.put("c", for: 3)
        #expect(entries.value(of: 1) == nil)
        #expect([2, 3].allSatisfy { entries.value(of: $0) != nil })
    }

    @Test func bytesAreBounded() {
        var entries = BoundedEntries<Int, String>(limits: CacheLimits(entries: 100, bytes: 100, entryBytes: 60))
        entries.put("a", for: 1, bytes: 50)
        entries.put("b", for: 2, bytes: 40)
        entries.put("c", for: 3, bytes: 60)
        #expect(entries.use(1) == nil && entries.use(2) != nil && entries.use(3) != nil)
        #expect(entries.bytes == 100)
        // One that is replaced counts once, and one that is too large leaves nothing of the one before.
        entries.put("d", for: 3, bytes: 20)
        #expect(entries.bytes == 60)
        entries.put("e", for: 3, bytes: 61)
        #expect(entries.use(3) == nil && entries.bytes == 40)
        entries.remove(2)
        #expect(entries.count == 0 && entries.bytes == 0)
    }

    @Test func anEntryLargerThanTheTotalIsNotCached() {
        var entries = BoundedEntries<Int, String>(limits: CacheLimits(entries: 10, bytes: 50, entryBytes: 1000))
        entries.put("a", for: 1, bytes: 51)
        #expect(entries.use(1) == nil)
    }
}
