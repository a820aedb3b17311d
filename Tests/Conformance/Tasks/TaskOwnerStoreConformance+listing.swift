import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let listing: [Case] = [
        Case("list: newest first, in pages, with the last page marked") { try await $0.pagesNewestFirst() },
        Case("list: no task is missed or shown twice while others are added") { try await $0.pagesHaveNoGaps() },
        Case("list: by status") { try await $0.listsByStatus() },
        Case("list: by a part of the file name or URL, ignoring case") { try await $0.listsBySearch() },
        Case("list: by text with special meaning to databases or in Unicode") { try await $0.searchIsLiteral() },
        Case("list: an empty store has one empty page") { try await $0.emptyPage() },
        Case("find: several tasks at once, each once") { try await $0.findsSeveral() },
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

    /// Scalar by scalar after both are made lower case: nothing is composed or decomposed, and nothing is an operator or a wildcard.
    func searchIsLiteral() async throws {
        let names = [
            "a(\u{301}b.jpg", "a+b.jpg", "x[1-3]{2}^$|?*.png", #"back\slash.png"#, "caf\u{e9}.jpg", "cafe\u{301}.jpg",
            "\u{1F469}\u{200D}\u{1F680}.png", "50%_'quote\".gif", "\u{130}stanbul.jpg", "STRA\u{1E9E}E.jpg", "a b#c.jpg",
        ]
        let ids = try await addNamed(names)
        func found(_ numbers: Int...) -> Set<TaskID> { Set(numbers.map { ids[$0] }) }
        let expected: [(String, Set<TaskID>)] = [
            ("(", found(0)), ("(\u{301}", found(0)), ("a(", found(0)), ("\u{301}", found(0, 5)), (".+", []), ("a+b", found(1)),
            ("+", found(1)), ("[1-3]", found(2)), ("[", found(2)), ("]", found(2)), ("{2}", found(2)), ("^", found(2)), ("$", found(2)),
            ("|", found(2)), ("?", found(2)), ("*", found(2)), ("^$|?*.", found(2)), (#"\s"#, found(3)), (#"\"#, found(3)),
            ("caf\u{e9}", found(4)), ("CAF\u{c9}", found(4)), ("cafe\u{301}", found(5)), ("cafe", found(5)), ("\u{1F469}", found(6)),
            ("\u{1F680}", found(6)), ("\u{1F469}\u{1F680}", []), ("%_", found(7)), ("'quote\"", found(7)), ("\u{130}STAN", found(8)),
            ("stra\u{df}e", found(9)), ("b#c", found(10)), (" ", found(10)), ("#", found(10)), ("a\u{0}b", []), ("\u{0}", []),
        ]
        for (text, ids) in expected {
            let page = try await owner.list(TaskQuery(tenant: Self.tenant, search: text))
            try requireEqual(Set(page.tasks.map(\.id)), ids, "search for \(text.debugDescription)")
        }
    }

    func findsSeveral() async throws {
        let tasks = try await [add(), add(), add()]
        let foreign = try await add(of: Self.stranger)
        let deleted = try await add(.completed)
        _ = try await owner.delete(deleted.id, of: Self.tenant)
        let ids = [tasks[2].id, foreign.id, tasks[0].id, deleted.id, TaskID.make(at: now), tasks[0].id]
        let found = try await owner.find(ids, of: Self.tenant)
        try requireEqual(found.map(\.id).sorted(), [tasks[0].id, tasks[2].id].sorted(), "found")
        try requireEqual(found.first { $0.id == tasks[0].id }, try await owner.find(tasks[0].id, of: Self.tenant), "one of them")
        try requireEqual(try await owner.find([], of: Self.tenant), [], "none")
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
