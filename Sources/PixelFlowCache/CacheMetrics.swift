package import Metrics

/// The outcome of a cache lookup.
package enum CacheResult: String, Sendable, Hashable, CaseIterable {
    /// Found in the cache.
    case hit
    /// Read from the source.
    case miss
    /// Shared with a concurrent read.
    case joined
    /// Reading failed; an older value was returned.
    case stale
    /// Read from the source because the cache was not reliable.
    case bypass
}

/// `cache_requests_total{cache,result}` for one cache.
package struct CacheMetrics: Sendable {
    private let hit, miss, joined, stale, bypass: Counter

    /// - Parameter cache: the name of the cache.
    package init(_ cache: String, _ factory: any MetricsFactory) {
        func counter(_ result: CacheResult) -> Counter {
            Counter(label: "cache_requests_total", dimensions: [("cache", cache), ("result", result.rawValue)], factory: factory)
        }
        hit = counter(.hit)
        miss = counter(.miss)
        joined = counter(.joined)
        stale = counter(.stale)
        bypass = counter(.bypass)
    }

    package func count(_ result: CacheResult) {
        switch result {
        case .hit: hit.increment()
        case .miss: miss.increment()
        case .joined: joined.increment()
        case .stale: stale.increment()
        case .bypass: bypass.increment()
        }
    }
}
