import PixelFlowCore

extension TaskStoreConformance {
    static let paging: [Case] = [
        Case("changes: pages of any size give each task once, in order") { try await $0.pagesOfChanges() },
        Case("deleted: pages of any size give each task once, in order") { try await $0.pagesOfDeleted() },
        Case("outbox: pages of any size give each task once, in order") { try await $0.pagesOfEvents() },
    ]

    func pagesOfChanges() async throws {
        for _ in 0..<7 { try await add() }
        _ = try await add(of: Self.stranger)
        try await requireSamePages("changes", of: 7) {
            try await store.changes(of: Self.tenant, after: $0, limit: $1)
        } position: {
            $0.updatedAt
        }
    }

    func pagesOfDeleted() async throws {
        for _ in 0..<7 { _ = try await store.delete(try await add().id, of: Self.tenant) }
        try await add()
        try await requireSamePages("deleted tasks", of: 7) {
            try await store.deleted(after: $0, limit: $1)
        } position: {
            $0.deletedAt
        }
    }

    func pagesOfEvents() async throws {
        for _ in 0..<7 { _ = try await add(.cancelled) }
        try await add()
        pass(.seconds(1))
        _ = try await soon("7 events") { try await store.unpublished(olderThan: .zero, limit: 10).count == 7 ? true : nil }
        try await requireSamePages("tasks with events", of: 7) {
            try await store.unpublished(olderThan: .zero, after: $0, limit: $1)
        } position: {
            $0.outbox.first?.at
        }
    }

    private func requireSamePages(
        _ what: String, of count: Int, _ page: (TimelinePosition, Int) async throws -> [TaskRecord],
        position: (TaskRecord) -> Timestamp?
    ) async throws {
        let all = try await page(.beginning, 100)
        try requireEqual(Set(all.map(\.id)).count, count, "different \(what)")
        for size in [1, 2, 3, count] {
            var found: [TaskRecord] = []
            var place = TimelinePosition.beginning
            while let last = try await page(place, size).last.map({ $0 }) {
                found += try await page(place, size)
                place = TimelinePosition(time: try requireValue(position(last), "a time of \(last.id)"), task: last.id)
                try require(found.count <= count, "a page of \(what) came twice")
            }
            try requireEqual(found.map(\.id), all.map(\.id), "\(what) by pages of \(size)")
        }
    }
}
