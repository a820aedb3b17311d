import Foundation
package import Metrics
package import PixelFlowCore
import WireFormats

/// What is cached, and for how long.
package struct CachePolicy: Sendable, Hashable {
    /// The longest lifetime that any policy uses.
    package static let longestLifetime = Duration.seconds(120)

    /// Identifies the cache in keys and metrics.
    package let namespace: String
    /// How long a response is reused without reading again, reduced by a random part of up to a tenth. Also the time after which
    /// changes of other processes become visible if this process is not notified of them.
    package let freshFor: Duration
    /// How much longer it is reused if reading again fails.
    package let staleFor: Duration
    /// Whether changes of other processes must be visible immediately. If so, nothing is cached unless this process is notified of them.
    package let isExact: Bool

    package init(_ namespace: String, freshFor: Duration, staleFor: Duration = .zero, isExact: Bool = false) {
        self.namespace = namespace
        self.freshFor = min(freshFor, Self.longestLifetime)
        self.staleFor = min(staleFor, Self.longestLifetime - self.freshFor)
        self.isExact = isExact
    }
}

/// Caches the responses to one kind of request in a store, as JSON.
///
/// If several callers in this process need the same response, only one reads it. An outage of the store causes no errors.
package final class Cache: Sendable {
    private struct Flight: Hashable {
        let key: CacheKey
        let version: CacheVersion
    }

    /// The maximum size of a cached response.
    package static let sizeLimit = 256 * 1024

    private let policy: CachePolicy
    private let store: any CacheStore
    private let metrics: CacheMetrics
    private let flights = Flights<Flight, [UInt8]>()

    package init(_ policy: CachePolicy, in store: any CacheStore, metrics: any MetricsFactory = MetricsSystem.factory) {
        self.policy = policy
        self.store = store
        self.metrics = CacheMetrics(policy.namespace, metrics)
    }

    /// The response to a request.
    ///
    /// - Parameters:
    ///   - id: identifies the request among those of the tenant.
    ///   - read: must limit its own duration; it continues if the caller is cancelled.
    /// - Throws: the errors of `read`, unless a stale response may be used; `CancellationError`.
    package func value<Value: Codable & Sendable>(
        _ id: String, of tenant: TenantID, read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let key = CacheKey(CacheScope(policy.namespace, of: tenant), id: id)
        guard let reading = try? await store.read(key), reading.version.isShared || !policy.isExact else {
            metrics.count(.bypass)
            return try await read()
        }
        // An undecodable entry was written by another release.
        let kept = reading.value.flatMap { value in
            (try? JSONDecoder().decode(Value.self, from: Data(value.bytes))).map { (value: $0, left: value.left) }
        }
        if let kept, kept.left > policy.staleFor {
            metrics.count(.hit)
            return kept.value
        }
        do {
            return try await fill(key, reading.version, read)
        } catch let error as PixelFlowError where error.retry == .outage {
            guard let kept else { throw error }
            metrics.count(.stale)
            return kept.value
        }
    }

    /// Invalidates the cached responses of a tenant. Call it after changing something that they contain.
    package func invalidate(_ tenant: TenantID) async { try? await store.invalidate(CacheScope(policy.namespace, of: tenant)) }

    private func fill<Value: Codable & Sendable>(
        _ key: CacheKey, _ version: CacheVersion, _ read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let lifetime = lifetime
        let count: (Bool) -> Void = { self.metrics.count($0 ? .joined : .miss) }
        let bytes = try await flights.run(Flight(key: key, version: version), onJoin: count) { [store] in
            let bytes = try JSONStreamEncoder(sortsKeys: false).encode(try await read())
            // What is too large to be cached is read again.
            if bytes.count <= Self.sizeLimit { try? await store.write(bytes, for: key, in: version, lifetime: lifetime) }
            return bytes
        }
        return try JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    /// Random, so that responses that were cached simultaneously do not expire simultaneously.
    private var lifetime: Duration {
        policy.staleFor + .microseconds(max(1000, Int64(Double(policy.freshFor.microseconds) * .random(in: 0.9...1))))
    }
}
