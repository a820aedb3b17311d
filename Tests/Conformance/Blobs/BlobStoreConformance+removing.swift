import NIOCore
import PixelFlowCore

extension BlobStoreConformance {
    static let removing: [Case] = [
        Case("remove: old unfinished writes are removed, and objects are kept") { try await $0.unfinishedWrites() },
        Case("room: a store that is not full has room") { try await $0.store.requireRoom() },
        Case("remove: one object") { try await $0.removesOneObject() },
        Case("remove: everything below a prefix, but no key that only starts with its name") { try await $0.removesBelowAPrefix() },
        Case("remove: a missing object is not an error") { try await $0.removingNothing() },
        Case("remove: a removed key can be written again") { try await $0.removedKeyIsFree() },
        Case("remove: concurrent writes of other tasks are not affected") { try await $0.removingBesideWriters() },
    ]

    func removesOneObject() async throws {
        try await fill(["t/a/1/1/small", "t/a/1/1/large"])
        try await store.remove(key("t/a/1/1/small"))
        try requireEqual(try await store.keys(key("t/a")).map(\.rawValue), ["t/a/1/1/large"], "keys left")
        try require(try await store.read(key("t/a/1/1/small"), range: nil) == nil, "still there")
    }

    func removesBelowAPrefix() async throws {
        let all = [
            "t/a/1/1/image", "t/a/1/1/image-2", "t/a/1/10/image", "t/a/10/1/image", "t/a/source", "t/ab/1/1/image", "ta/a/1/1/image",
        ]
        let steps = [
            ("t/a/1/1/image", ["t/a/1/1/image"]), ("t/a/1/1", ["t/a/1/1/image-2"]), ("t/a/1", ["t/a/1/10/image"]),
            ("t/a", ["t/a/10/1/image", "t/a/source"]), ("t", ["t/ab/1/1/image"]),
        ]
        try await fill(all)
        var left = all
        for (prefix, gone) in steps {
            try await store.remove(key(prefix))
            left.removeAll { gone.contains($0) }
            let found = try await store.keys(key("t")) + store.keys(key("ta"))
            try requireEqual(found.map(\.rawValue), left.sorted(), "keys left without \(prefix)")
        }
    }

    func removingNothing() async throws {
        for prefix in ["t", "t/a", "t/a/1", "t/a/1/1/image"] { try await store.remove(key(prefix)) }
        try await fill(["t/a/1/1/image"])
        for prefix in ["t/b", "t/a/2", "t/a/1/1/imag", "t/a/1/1/image/deeper"] { try await store.remove(key(prefix)) }
        try requireEqual(try await store.keys(key("t")).map(\.rawValue), ["t/a/1/1/image"], "keys left")
    }

    func removedKeyIsFree() async throws {
        for seed in 0..<3 {
            try await store.write(key("t/a/source"), bytes: sample(100, seed: seed))
            try requireEqual(try await content("t/a/source"), sample(100, seed: seed), "object")
            try await store.remove(key("t/a"))
            try requireEqual(try await content("t/a/source"), nil, "object after the removal")
        }
    }

    func removingBesideWriters() async throws {
        async let removed: Void = {
            for _ in 0..<30 {
                try await store.write(key("t/gone/source"), bytes: sample(10))
                try await store.remove(key("t/gone"))
            }
        }()
        for number in 0..<30 { try await store.write(key("t/kept-\(number)/source"), bytes: sample(10)) }
        try await removed
        try requireEqual(try await store.keys(key("t")).count, 30, "keys left")
    }

    func fill(_ keys: [String]) async throws {
        for text in keys { try await store.write(key(text), bytes: sample(8)) }
    }

    func unfinishedWrites() async throws {
        try await store.write(key("t/a/source"), bytes: sample(100))
        _ = try? await store.write(key("t/b/source"), from: stream([sample(6 << 20), sample(6 << 20)], then: Interruption()))
        try requireEqual(try await store.removeUnfinishedWrites(before: SystemClock().now() + .seconds(3600)), 0, "left by a failed write")
        try requireEqual(try await store.keys(key("t")).map(\.rawValue), ["t/a/source"], "keys")
    }
}
