package import Metrics

/// What came of asking a cache.
package enum CacheResult: String, Sendable, Hashable, CaseIterable {
    /// The cache had it.
    case hit
    /// It was read from where it comes from.
    case miss
    /// It was read for several at once.
    case joined
    /// It could not be read, and an older one was given.
    case stale
    /// The cache could not be relied on, so it was read.
    case bypass
}

/// `cache_requests_total{cache,result}` of one cache.
package struct CacheMetrics: Sendable {
    private let counters: [CacheResult: Counter]

    /// - Parameter cache: names what is kept.
    package init(_ cache: String, _ factory: any MetricsFactory) {
        counters = Dictionary(
            uniqueKeysWithValues: CacheResult.allCases.map { result in
                let labels = [("cache", cache), ("result", result.rawValue)]
                return (result, Counter(label: "cache_requests_total", dimensions: labels, factory: factory))
            })
    }

    package func count(_ result: CacheResult) { counters[result]?.increment() }
}
