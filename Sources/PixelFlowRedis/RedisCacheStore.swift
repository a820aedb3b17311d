package import PixelFlowCache
import PixelFlowCore
import WireFormats

/// Caches responses in Redis, shared by all replicas, so that an invalidation takes effect for all of them immediately.
///
/// The version of a scope is a random number with a key of its own. If it is lost because Redis was wiped or has evicted it, a new
/// random version replaces it, so entries of the old version are never returned again.
package struct RedisCacheStore: CacheStore {
    /// The time after which a scope gets a new version. Longer than any entry is kept.
    private static let versionLifetime = Duration.seconds(3600)

    private let client: RedisClient
    private let prefix: String

    /// - Parameter prefix: of the keys; each test uses its own.
    package init(_ client: RedisClient, prefix: String = "pixelflow:cache:") {
        self.client = client
        self.prefix = prefix
    }

    package func read(_ key: CacheKey) async throws -> CacheReading {
        let reply = try await client.evaluate(
            Self.script, keys: [versionKey(key.scope)],
            [entryPrefix(key.scope), ":" + key.id, Self.newVersion, "\(Self.versionLifetime.milliseconds)"])
        guard let parts = reply.array, let version = parts.first?.bytes else {
            throw RedisError(.protocolError, "the script of the cache returns an unexpected reply")
        }
        let name = CacheVersion(String(decoding: version, as: UTF8.self), isShared: true)
        guard parts.count == 3, let bytes = parts[1].bytes, let left = parts[2].integer, left > 0 else {
            return CacheReading(version: name, value: nil)
        }
        return CacheReading(version: name, value: .init(bytes: bytes, left: .milliseconds(left)))
    }

    package func write(_ bytes: [UInt8], for key: CacheKey, in version: CacheVersion, lifetime: Duration) async throws {
        let name = "\(entryPrefix(key.scope)):\(version.value):\(key.id)"
        _ = try await client.send(RedisCommand("SET", [name, "PX", "\(max(1, lifetime.milliseconds))"], payload: bytes))
    }

    package func invalidate(_ scope: CacheScope) async throws {
        let arguments = [versionKey(scope), Self.newVersion, "PX", "\(Self.versionLifetime.milliseconds)"]
        _ = try await client.send(RedisCommand("SET", arguments))
    }

    private func versionKey(_ scope: CacheScope) -> String { "\(prefix)version:\(scope.namespace):\(scope.tenant)" }

    private func entryPrefix(_ scope: CacheScope) -> String { "\(prefix)entry:\(scope.namespace):\(scope.tenant)" }

    private static var newVersion: String {
        String(UInt64.random(in: 0...UInt64.max), radix: 36) + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    }

    /// Returns the version of a scope, creating one if there is none, and a cached entry with its remaining milliseconds.
    private static let script = RedisScript(
        """
        local version = redis.call('GET', KEYS[1])
        if not version then
          redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
          return {ARGV[3]}
        end
        local name = ARGV[1] .. ':' .. version .. ARGV[2]
        local value = redis.call('GET', name)
        if not value then return {version} end
        return {version, value, redis.call('PTTL', name)}
        """)
}
