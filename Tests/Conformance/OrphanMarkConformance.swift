package import PixelFlowCore

/// The rules of `OrphanMarkStore`, checked only through the port.
package struct OrphanMarkConformance: Sendable {
    let store: any OrphanMarkStore
    let reopen: @Sendable () async throws -> any OrphanMarkStore

    /// - Parameter reopen: closes what `store` uses and opens the same data again.
    package init(store: any OrphanMarkStore, reopen: @escaping @Sendable () async throws -> any OrphanMarkStore) {
        self.store = store
        self.reopen = reopen
    }

    /// All rules.
    package static let cases: [ConformanceCase<OrphanMarkConformance>] = [
        ConformanceCase("orphans: the first mark keeps its time") { try await $0.theFirstTimeStays() },
        ConformanceCase("orphans: listed in sorted pages") { try await $0.pageByPage() },
        ConformanceCase("orphans: cleared ones are deleted") { try await $0.clearedOnesAreForgotten() },
        ConformanceCase("orphans: the grace period follows the store's clock") { try await $0.gracePasses() },
        ConformanceCase("orphans: 20 concurrent marks of the same object are one") { try await $0.manyNoteTheSame() },
    ]

    private func keys(_ numbers: Range<Int>) -> [BlobKey] { numbers.map { BlobKey(rawValue: "tenant/task-\($0 + 100)") } }

    func theFirstTimeStays() async throws {
        try requireEqual(try await store.orphans(after: nil, limit: 10), [], "before")
        try await store.markOrphans(keys(0..<3))
        let first = try await store.orphans(after: nil, limit: 10)
        try requireEqual(first.map(\.prefix), keys(0..<3), "noted")
        try await store.markOrphans(keys(1..<5))
        let second = try await reopen().orphans(after: nil, limit: 10)
        try requireEqual(second.map(\.prefix), keys(0..<5), "noted, after reopening")
        try requireEqual(Array(second.prefix(3)), first, "those that were there")
        try await store.markOrphans([])
    }

    func pageByPage() async throws {
        try await store.markOrphans(keys(0..<7).reversed())
        for size in [1, 3, 7, 8] {
            var found: [BlobKey] = []
            while true {
                let page = try await store.orphans(after: found.last, limit: size)
                if page.isEmpty { break }
                found += page.map(\.prefix)
                try require(found.count <= 7, "a page came twice")
            }
            try requireEqual(found, keys(0..<7), "by pages of \(size)")
        }
    }

    func clearedOnesAreForgotten() async throws {
        try await store.markOrphans(keys(0..<4))
        try await store.clearOrphans(keys(1..<3) + keys(8..<9))
        try requireEqual(try await store.orphans(after: nil, limit: 10).map(\.prefix), [keys(0..<1)[0], keys(3..<4)[0]], "left")
        try await store.clearOrphans([])
    }

    func gracePasses() async throws {
        try await store.markOrphans(keys(0..<1))
        let mark = try requireValue(try await store.orphans(after: nil, limit: 1).first, "not noted")
        try require(try await !store.hasPassed(.seconds(3600), since: mark.since), "an hour has passed at once")
        try require(try await store.hasPassed(.seconds(3600), since: mark.since - .seconds(3700)), "an hour has not passed after more")
    }

    func manyNoteTheSame() async throws {
        let (store, keys) = (store, keys(0..<5))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await store.markOrphans(keys) } }
            try await group.waitForAll()
        }
        try requireEqual(try await store.orphans(after: nil, limit: 10).map(\.prefix), keys, "noted")
    }
}
