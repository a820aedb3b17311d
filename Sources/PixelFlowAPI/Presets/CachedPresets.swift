package import Metrics
package import PixelFlowCache
package import PixelFlowCore

/// Caches presets, so that not every upload reads them. A change takes effect on all replicas immediately: nothing is cached unless this
/// process is notified of changes by others.
package struct CachedPresets: PresetStore {
    private static let policy = CachePolicy("presets", freshFor: .seconds(10), staleFor: .seconds(60), isExact: true)

    private let store: any PresetStore
    private let cache: Cache

    package init(_ store: any PresetStore, cache: any CacheStore, metrics: any MetricsFactory = MetricsSystem.factory) {
        self.store = store
        self.cache = Cache(Self.policy, in: cache, metrics: metrics)
    }

    package func presets(of tenant: TenantID) async throws -> [Preset] {
        try await cache.value("list", of: tenant) { [store] in try await store.presets(of: tenant) }
    }

    package func preset(_ name: String, of tenant: TenantID) async throws -> Preset? {
        // A preset cannot have such a name, and the name would be part of a key.
        guard NameRule.allows(name) else { return try await store.preset(name, of: tenant) }
        // An array, because the absence of a preset is cached, too.
        return try await cache.value("preset-" + name, of: tenant) { [store] in
            try await store.preset(name, of: tenant).map { [$0] } ?? []
        }.first
    }

    package func put(_ preset: Preset, of tenant: TenantID, keepingLane: Bool) async throws -> PresetOutcome {
        try await changing(tenant) { try await store.put(preset, of: tenant, keepingLane: keepingLane) }
    }

    package func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool {
        try await changing(tenant) { try await store.removePreset(name, of: tenant) }
    }

    package func removePresets(of tenant: TenantID, limit: Int) async throws -> Int {
        try await changing(tenant) { try await store.removePresets(of: tenant, limit: limit) }
    }

    /// A failed change may have happened nevertheless.
    private func changing<Value>(_ tenant: TenantID, _ change: () async throws -> Value) async throws -> Value {
        do {
            let value = try await change()
            await cache.invalidate(tenant)
            return value
        } catch {
            await cache.invalidate(tenant)
            throw error
        }
    }
}
