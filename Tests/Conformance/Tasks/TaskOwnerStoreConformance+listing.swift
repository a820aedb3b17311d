import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let listing: [Case] = [
        Case("list: newest first, page by page, the last page says so") { try await $0.pagesNewestFirst() },
        Case("list: no task is missed or shown twice while others are added") { try await $0.pagesHaveNoGaps() },
        Case("list: by status") { try await $0.listsByStatus() },
        Case("list: by a part of the file name or URL, whatever the case") { try await $0.listsBySearch() },
        Case("list: an empty store has one empty page") { try await $0.emptyPage() },
    ]

    func pagesNewestFirst() async throws {
        let tasks = try await addSeries(7)
        var pages: [[TaskID]] = []
        var query = TaskQuery(tenant: Self.tenant, limit: 3)
        repeat {
            let page = try await owner.list(query)
            pages.append(page.tasks.map(\.id))
            query.before = page.next
        } while query.before != nil && pages.count < 10
        try requireEqual(pages.map(\.count), [3, 3, 1], "page sizes")
        try requireEqual(pages.flatMap(\.self), tasks.reversed(), "order")
        query.limit = 7
        try requireEqual(try await owner.list(query).next, nil, "page after a full last page")
    }

    func pagesHaveNoGaps() async throws {
        let tasks = try await addSeries(60)
        let later = now
        async let added: Void = {
            for number in 0..<60 { _ = try await owner.create(sample(at: later + .seconds(1 + number))) }
        }()
        var seen: [TaskID] = []
        var query = TaskQuery(tenant: Self.tenant, limit: 7)
        repeat {
            let page = try await owner.list(query)
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
            let page = try await owner.list(TaskQuery(tenant: Self.tenant, status: status))
            try requireEqual(Set(page.tasks.map(\.id)), ids[status] ?? [], "\(status)")
            try requireEqual(Set(page.tasks.map(\.status)), [status], "status of the listed")
            let first = try await owner.list(TaskQuery(tenant: Self.tenant, status: status, limit: 1))
            let second = try await owner.list(TaskQuery(tenant: Self.tenant, status: status, limit: 1, before: first.next))
            try requireEqual(first.tasks + second.tasks, page.tasks, "pages of \(status)")
        }
    }

    func listsBySearch() async throws {
        let files = try await addNamed(["IMG_100%.jpg", "Füße.jpg", nil, "img_2.png"])
        let page = sample(source: .url("https://example.org/Photos/cat.jpg?img=1"))
        _ = try await owner.create(page)
        _ = try await owner.create(sample(of: Self.stranger, source: .url("https://example.org/img.jpg")))
        let expected: [(String, Set<TaskID>)] = [
            ("img", [files[0], files[3], page.id]), ("FÜ", [files[1]]), ("%", [files[0]]), ("_", [files[0], files[3]]),
            ("photos/CAT", [page.id]), ("nothing", []),
        ]
        for (text, ids) in expected {
            let found = try await owner.list(TaskQuery(tenant: Self.tenant, search: text))
            try requireEqual(Set(found.tasks.map(\.id)), ids, "search for \(text)")
        }
        let first = try await owner.list(TaskQuery(tenant: Self.tenant, status: .pending, search: "img", limit: 2))
        let second = try await owner.list(TaskQuery(tenant: Self.tenant, status: .pending, search: "img", limit: 2, before: first.next))
        try requireEqual([first.tasks.count, second.tasks.count], [2, 1], "pages of a search")
        try requireEqual(second.next, nil, "page after the last of a search")
    }

    private func addNamed(_ names: [String?]) async throws -> [TaskID] {
        var ids: [TaskID] = []
        for name in names {
            let key = BlobKey.upload(TaskID.make(at: now), tenant: Self.tenant)
            let upload = TaskSource.Upload(filename: name, contentType: nil, bytes: 1, sha256: "aa", key: key)
            let task = sample(source: .upload(upload))
            _ = try await owner.create(task)
            ids.append(task.id)
        }
        return ids
    }

    func emptyPage() async throws {
        try requireEqual(try await owner.list(TaskQuery(tenant: Self.tenant)), TaskPage(tasks: [], next: nil), "page")
    }

    /// Tasks created one second apart, oldest first.
    private func addSeries(_ count: Int) async throws -> [TaskID] {
        let start = now - .seconds(count)
        var ids: [TaskID] = []
        for number in 0..<count { ids.append(try await add(at: start + .seconds(number)).id) }
        return ids
    }
}
