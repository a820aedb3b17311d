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
    private let counters: [CacheResult: Counter]

    /// - Parameter cache: the name of the cache.
    package init(_ cache: String, _ factory: any MetricsFactory) {
        counters = Dictionary(
            uniqueKeysWithValues: CacheResult.allCases.map { result in
                let labels = [("cache", cache), ("result", result.rawValue)]
                return (result, Counter(label: "cache_requests_total", dimensions: labels, factory: factory))
            })
    }

    package func count(_ result: CacheResult) { counters[result]?.increment() }
}
