import PixelFlowCore

extension BlobStoreConformance {
    static let keys: [Case] = [
        Case("keys: at or below a prefix, sorted") { try await $0.keysBelowAPrefix() },
        Case("keys: all that PixelFlow creates are valid") { try await $0.keysThatPixelFlowMakes() },
        Case("keys: path traversal is refused") { try await $0.hostileKeysAreRefused() },
        Case("task prefixes: each once, in sorted pages") { try await $0.taskPrefixesPageByPage() },
    ]

    func keysBelowAPrefix() async throws {
        let all = ["t/a/1/1/b", "t/a/1/1/a", "t/a/1/2/a", "t/a/10/1/a", "t/a/source", "t/b/source", "u/a/source"]
        try await fill(all)
        let expected: [String: [String]] = [
            "t": all.filter { $0.hasPrefix("t/") }, "t/a": all.filter { $0.hasPrefix("t/a/") },
            "t/a/1": all.filter { $0.hasPrefix("t/a/1/") }, "t/a/1/1": ["t/a/1/1/a", "t/a/1/1/b"], "t/a/source": ["t/a/source"],
            "t/a/sour": [], "t/c": [], "v": [],
        ]
        for (prefix, keys) in expected {
            try requireEqual(try await store.keys(key(prefix)).map(\.rawValue), keys.sorted(), "keys below \(prefix)")
        }
    }

    func taskPrefixesPageByPage() async throws {
        try requireEqual(try await store.taskPrefixes(after: nil, limit: 10), [], "of an empty store")
        let all = ["t-1/a", "t-1/a0", "t-1/b", "t-10/a", "t-2/a", "t/a", "t/z"]
        try await fill(all.flatMap { ["\($0)/source", "\($0)/1/1/image", "\($0)/1/2/image"] })
        let sorted = all.sorted()
        try requireEqual(try await store.taskPrefixes(after: nil, limit: 100).map(\.rawValue), sorted, "all")
        for limit in [1, 2, 3, 7] {
            var found: [BlobKey] = []
            while true {
                let page = try await store.taskPrefixes(after: found.last, limit: limit)
                try require(page.count <= limit, "more than asked for")
                if page.isEmpty { break }
                found += page
                try require(found.count <= sorted.count, "a page came twice")
            }
            try requireEqual(found.map(\.rawValue), sorted, "pages of \(limit)")
        }
        try await store.remove(key("t-1/a0"))
        let left = try await store.taskPrefixes(after: key("t-1/a"), limit: 1)
        try requireEqual(left.map(\.rawValue), [sorted[sorted.firstIndex(of: "t-1/a0").map { $0 + 1 } ?? 0]], "after a removed one")
    }

    func keysThatPixelFlowMakes() async throws {
        let tenant = TenantID(UUIDv7.make())
        var task = TaskRecord(
            id: TaskID.make(at: SystemClock().now()), tenant: tenant, owner: UserID("user"), source: .url("https://example.com/a.jpg"),
            pipeline: Pipeline(outputs: []), fingerprint: "", requestID: "", createdAt: SystemClock().now())
        task.epoch = 3
        let name = String(repeating: "n", count: 64)
        let keys: [BlobKey] = [
            .upload(task.id, tenant: tenant), .fetchedSource(of: task), .output(name, of: task), .output("a_b-c", of: task),
        ]
        for (seed, key) in keys.enumerated() { try await store.write(key, bytes: sample(50, seed: seed)) }
        for (seed, key) in keys.enumerated() {
            try requireEqual(try await content(key.rawValue), sample(50, seed: seed), "object \(key)")
        }
        try requireEqual(Set(try await store.keys(task.blobPrefix)), Set(keys), "keys of the task")
        try await store.remove(.run(task))
        try requireEqual(try await store.keys(task.blobPrefix), [keys[0]], "keys without the run")
    }

    func hostileKeysAreRefused() async throws {
        let hostile = [
            "", "/", "..", "../x", "t/../../x", "t/a/..", "/etc/passwd", "t//a", "t/a/", "t/a/./b", "t/a/.hidden", "t/a/b\0c", "t/a/b\nc",
            "t/a/b\\c", "t/a/b c", "t/a/b~c", "t/a/%2e%2e", "t/ä/source", "t/a/" + String(repeating: "x", count: 2000),
        ]
        for text in hostile {
            try await requireRefusal(.internal, "writing \(text.debugDescription)") {
                try await store.write(key(text), bytes: sample(1))
            }
            try await requireRefusal(.internal, "streaming to \(text.debugDescription)") {
                _ = try await store.write(key(text), from: stream([sample(1)]))
            }
            try await requireRefusal(.internal, "reading \(text.debugDescription)") { _ = try await store.read(key(text), range: nil) }
            try await requireRefusal(.internal, "removing \(text.debugDescription)") { try await store.remove(key(text)) }
            try await requireRefusal(.internal, "listing \(text.debugDescription)") { _ = try await store.keys(key(text)) }
        }
    }
}
