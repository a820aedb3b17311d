package import PixelFlowCache
import PixelFlowCore

/// The rules of `CacheStore`, checked only through the port. None depends on the speed of time.
package struct CacheStoreConformance: Sendable {
    let store: any CacheStore
    let other: any CacheStore
    let advance: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - store: empty.
    ///   - other: shares data with `store`, like another replica.
    ///   - advance: moves the clock that determines expiry.
    package init(store: any CacheStore, other: any CacheStore, advance: @escaping @Sendable (Duration) async throws -> Void) {
        self.store = store
        self.other = other
        self.advance = advance
    }

    /// All rules.
    package static let cases: [ConformanceCase<CacheStoreConformance>] = [
        ConformanceCase("cache: every replica reads a stored value") { try await $0.whatIsKeptIsRead() },
        ConformanceCase("cache: scopes and keys are separate") { try await $0.keysAreApart() },
        ConformanceCase("cache: an invalidation affects its scope on every replica, and no other scope") { try await $0.invalidation() },
        ConformanceCase("cache: a value read before an invalidation is not visible after it") { try await $0.lateWrite() },
        ConformanceCase("cache: versions are never reused") { try await $0.versionsAreNew() },
        ConformanceCase("cache: values expire") { try await $0.expiry() },
        ConformanceCase("cache: any bytes can be stored") { try await $0.anyBytes() },
        ConformanceCase("cache: a value can be replaced") { try await $0.replacement() },
    ]

    private let key = CacheKey(CacheScope("things", of: TenantID("ada")), id: "a")

    private func keep(_ text: String, for key: CacheKey, lifetime: Duration = .seconds(60)) async throws {
        let version = try await store.read(key).version
        try await store.write(Array(text.utf8), for: key, in: version, lifetime: lifetime)
    }

    private func text(_ key: CacheKey, in store: any CacheStore) async throws -> String? {
        try await store.read(key).value.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    func whatIsKeptIsRead() async throws {
        try requireEqual(try await store.read(key).value, nil, "value in an empty store")
        try await keep("1", for: key)
        for store in [store, other] {
            try requireEqual(try await text(key, in: store), "1", "stored value")
            let left = try await store.read(key).value?.left ?? .zero
            try requireEqual(left > .zero && left <= .seconds(60), true, "remaining time, \(left)")
        }
    }

    func keysAreApart() async throws {
        let keys = [
            key, CacheKey(key.scope, id: "b"), CacheKey(CacheScope("others", of: TenantID("ada")), id: "a"),
            CacheKey(CacheScope("things", of: TenantID("bob")), id: "a"),
        ]
        for (number, key) in keys.enumerated() { try await keep("\(number)", for: key) }
        for (number, key) in keys.enumerated() { try requireEqual(try await text(key, in: other), "\(number)", "key \(number)") }
    }

    func invalidation() async throws {
        let theirs = CacheKey(CacheScope("things", of: TenantID("bob")), id: "a")
        let second = CacheKey(key.scope, id: "b")
        for key in [key, second, theirs] { try await keep("1", for: key) }
        try await other.invalidate(key.scope)
        for store in [store, other] {
            try requireEqual(try await text(key, in: store), nil, "a key of the scope")
            try requireEqual(try await text(second, in: store), nil, "another key of the scope")
            try requireEqual(try await text(theirs, in: store), "1", "a key of another scope")
        }
        try await keep("2", for: key)
        try requireEqual(try await text(key, in: other), "2", "later stored value")
    }

    func lateWrite() async throws {
        let version = try await store.read(key).version
        try await other.invalidate(key.scope)
        try await store.write([1], for: key, in: version, lifetime: .seconds(60))
        for store in [store, other] { try requireEqual(try await store.read(key).value, nil, "value read before the invalidation") }
    }

    func versionsAreNew() async throws {
        var seen: Set<CacheVersion> = []
        for number in 0..<50 {
            let version = try await store.read(key).version
            try requireEqual(seen.insert(version).inserted, true, "version \(number) is new")
            try requireEqual(try await other.read(key).version, version, "the version for another replica")
            try await store.invalidate(key.scope)
        }
    }

    func expiry() async throws {
        try await keep("1", for: key, lifetime: .seconds(60))
        try await advance(.seconds(30))
        try requireEqual(try await text(key, in: store), "1", "after half its time")
        let left = try await store.read(key).value?.left ?? .zero
        try requireEqual(left <= .seconds(30), true, "remaining time, \(left)")
        try await advance(.seconds(30))
        try requireEqual(try await text(key, in: store), nil, "after its time")
    }

    func anyBytes() async throws {
        let bytes = (0...255).map { UInt8($0) } + [13, 10, 0, 255]
        let version = try await store.read(key).version
        for bytes in [bytes, []] {
            try await store.write(bytes, for: key, in: version, lifetime: .seconds(60))
            try requireEqual(try await other.read(key).value?.bytes, bytes, "the bytes")
        }
    }

    func replacement() async throws {
        try await keep("1", for: key)
        try await keep("2", for: key)
        try requireEqual(try await text(key, in: other), "2", "stored value")
    }
}
