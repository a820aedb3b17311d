import Foundation
package import Metrics
package import PixelFlowCore
import WireFormats

/// What is kept, and for how long.
package struct CachePolicy: Sendable, Hashable {
    /// The longest that any policy has anything kept.
    package static let longestLifetime = Duration.seconds(120)

    /// Of the keys, and of the metrics.
    package let namespace: String
    /// For how long an answer is given without reading again, less up to a tenth; where other processes make changes that this one
    /// does not hear of, their changes are seen after that at the latest.
    package let freshFor: Duration
    /// For how long after that it is given if it cannot be read again.
    package let staleFor: Duration
    /// Whether the changes of other processes must be seen at once: then nothing is kept where they are not heard of.
    package let isExact: Bool

    package init(_ namespace: String, freshFor: Duration, staleFor: Duration = .zero, isExact: Bool = false) {
        self.namespace = namespace
        self.freshFor = min(freshFor, Self.longestLifetime)
        self.staleFor = min(staleFor, Self.longestLifetime - self.freshFor)
        self.isExact = isExact
    }
}

/// Keeps the answers to one kind of question in a store, as JSON.
///
/// Of many in this process who need the same answer, one reads it. A store that is away makes nothing fail.
package final class Cache: Sendable {
    private struct Flight: Hashable {
        let key: CacheKey
        let version: CacheVersion
    }

    /// The largest answer that is kept.
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

    /// The answer to a question.
    ///
    /// - Parameters:
    ///   - id: names the question among those of the tenant.
    ///   - read: must bound its own time; goes on when the caller is cancelled.
    /// - Throws: what `read` throws, where there is no answer that may be given in its place; `CancellationError`.
    package func value<Value: Codable & Sendable>(
        _ id: String, of tenant: TenantID, read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let key = CacheKey(CacheScope(policy.namespace, of: tenant), id: id)
        guard let reading = try? await store.read(key), reading.version.isShared || !policy.isExact else {
            metrics.count(.bypass)
            return try await read()
        }
        // What cannot be decoded was written by another release.
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

    /// Has the answers of a tenant read again: after something has changed that they tell of.
    package func invalidate(_ tenant: TenantID) async { try? await store.invalidate(CacheScope(policy.namespace, of: tenant)) }

    private func fill<Value: Codable & Sendable>(
        _ key: CacheKey, _ version: CacheVersion, _ read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let lifetime = lifetime
        let count: (Bool) -> Void = { self.metrics.count($0 ? .joined : .miss) }
        let bytes = try await flights.run(Flight(key: key, version: version), onJoin: count) { [store] in
            let bytes = Array(try JSONEncoder().encode(try await read()))
            // What cannot be kept is read again.
            if bytes.count <= Self.sizeLimit { try? await store.write(bytes, for: key, in: version, lifetime: lifetime) }
            return bytes
        }
        return try JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    /// What was kept at the same time does not expire at the same time.
    private var lifetime: Duration {
        policy.staleFor + .microseconds(max(1000, Int64(Double(policy.freshFor.microseconds) * .random(in: 0.9...1))))
    }
}
