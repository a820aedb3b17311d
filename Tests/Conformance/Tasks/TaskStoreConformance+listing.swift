import PixelFlowCore

extension TaskStoreConformance {
    static let listing: [Case] = [
        Case("list: newest first, page by page, the last page says so") { try await $0.pagesNewestFirst() },
        Case("list: no task is missed or shown twice while others are added") { try await $0.pagesHaveNoGaps() },
        Case("list: by status") { try await $0.listsByStatus() },
        Case("list: an empty store has one empty page") { try await $0.emptyPage() },
    ]

    func pagesNewestFirst() async throws {
        let tasks = try await addSeries(7)
        var pages: [[TaskID]] = []
        var query = TaskQuery(tenant: Self.tenant, limit: 3)
        repeat {
            let page = try await store.list(query)
            pages.append(page.tasks.map(\.id))
            query.before = page.next
        } while query.before != nil && pages.count < 10
        try requireEqual(pages.map(\.count), [3, 3, 1], "page sizes")
        try requireEqual(pages.flatMap(\.self), tasks.reversed(), "order")
        query.limit = 7
        try requireEqual(try await store.list(query).next, nil, "page after a full last page")
    }

    func pagesHaveNoGaps() async throws {
        let tasks = try await addSeries(60)
        let later = now
        async let added: Void = {
            for number in 0..<60 { _ = try await store.create(sample(at: later + .seconds(1 + number))) }
        }()
        var seen: [TaskID] = []
        var query = TaskQuery(tenant: Self.tenant, limit: 7)
        repeat {
            let page = try await store.list(query)
            seen += page.tasks.map(\.id)
            query.before = page.next
        } while query.before != nil
        try await added
        try requireEqual(Set(seen).count, seen.count, "different tasks")
        try requireEqual(seen, seen.sorted(by: >), "order")
        try require(Set(tasks).isSubset(of: seen), "a task was missed")
    }

    func listsByStatus() async throws {
        var ids: [TaskStatus: Set<TaskID>] = [:]
        for status in TaskStatus.allCases + TaskStatus.allCases {
            ids[status, default: []].insert(try await add(status).id)
        }
        for status in TaskStatus.allCases {
            let page = try await store.list(TaskQuery(tenant: Self.tenant, status: status))
            try requireEqual(Set(page.tasks.map(\.id)), ids[status] ?? [], "\(status)")
            try requireEqual(Set(page.tasks.map(\.status)), [status], "status of the listed")
            let first = try await store.list(TaskQuery(tenant: Self.tenant, status: status, limit: 1))
            let second = try await store.list(TaskQuery(tenant: Self.tenant, status: status, limit: 1, before: first.next))
            try requireEqual(first.tasks + second.tasks, page.tasks, "pages of \(status)")
        }
    }

    func emptyPage() async throws {
        try requireEqual(try await store.list(TaskQuery(tenant: Self.tenant)), TaskPage(tasks: [], next: nil), "page")
    }

    /// Tasks made one second after the other, oldest first.
    private func addSeries(_ count: Int) async throws -> [TaskID] {
        let start = now - .seconds(count)
        var ids: [TaskID] = []
        for number in 0..<count { ids.append(try await add(at: start + .seconds(number)).id) }
        return ids
    }
}
