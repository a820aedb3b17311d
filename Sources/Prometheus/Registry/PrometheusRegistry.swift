import Metrics
import Synchronization

/// Keeps every metric of a process and writes them down for Prometheus. The back end of swift-metrics.
///
/// Labels of swift-metrics become names of Prometheus: a counter's name ends in `_total`, a timer is
/// a histogram in seconds whose name ends in `_seconds`, an aggregating recorder is a histogram, and
/// gauges and meters are gauges. What Prometheus does not take in a name becomes an underscore.
///
/// To count or record costs some ten nanoseconds and takes no lock. To make a `Counter` or a `Timer`
/// does take one; so make them once and keep them.
public final class PrometheusRegistry: Sendable {
    /// Series of one name. What goes beyond is left out and counted in `metrics_refused_series_total`.
    public static let standardLimit = 1000

    private struct State {
        var families: [String: Family] = [:]
        var collectors: [@Sendable (inout Collection) -> Void] = []
        var pages: [[String]] = []
    }

    private let descriptions: [String: MetricDescription]
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - descriptions: help texts and buckets; a metric without one works all the same.
    ///   - seriesLimit: how many series one name may have, whatever its labels hold.
    public init(descriptions: [MetricDescription] = [], seriesLimit: Int = standardLimit) {
        self.descriptions = Dictionary((Self.descriptions + descriptions).map { ($0.name, $0) }) { $1 }
        limit = seriesLimit
    }

    /// Has `collector` asked in each scrape, for what is better looked up than kept. It must not block for long.
    public func collect(by collector: @escaping @Sendable (inout Collection) -> Void) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// An address at which metrics are scraped, for a process that has several.
    ///
    /// Each metric whose name begins with one of `prefixes` is on this page alone, the longest prefix
    /// deciding; what no page has claimed is on each. So a process that serves at several addresses
    /// can have them all scraped, and nothing is counted twice.
    public func page(claiming prefixes: [String]) -> Page {
        Page(
            registry: self,
            number: state.withLock { state in
                state.pages.append(prefixes)
                return state.pages.count - 1
            })
    }

    /// Everything, in the text exposition format.
    public func text() -> [UInt8] { text(page: nil) }

    /// The metrics of one address.
    public struct Page: Sendable {
        /// The `Content-Type` of the text.
        public static var mediaType: String { ExpositionText.mediaType }

        fileprivate let registry: PrometheusRegistry
        fileprivate let number: Int

        /// The text exposition format, version 0.0.4.
        public func text() -> [UInt8] { registry.text(page: number) }
    }
}

// MARK: Writing

extension PrometheusRegistry {
    private func text(page: Int?) -> [UInt8] {
        let (families, collectors, pages) = state.withLock { ($0.families, $0.collectors, $0.pages) }
        var collection = Collection()
        for collector in collectors { collector(&collection) }
        for (name, family) in families where family.refused > 0 {
            collection.counter(Self.refusals, Double(family.refused), labels: [("metric", name)])
        }
        var text = ExpositionText()
        for name in Set(families.keys).union(collection.families.keys).sorted() where Self.isShown(name, on: page, of: pages) {
            write(name, families[name], collection.families[name], to: &text)
        }
        return text.bytes
    }

    private func write(_ name: String, _ family: Family?, _ collected: Collection.Family?, to text: inout ExpositionText) {
        guard let kind = family?.kind ?? collected?.kind, family?.series.isEmpty == false || collected != nil else { return }
        text.family(name, kind, help: descriptions[name]?.help ?? collected?.help ?? name)
        family?.sorted.forEach { $0.write(to: &text) }
        collected?.samples.forEach { text.sample(name, $0.labels, $0.value) }
    }

    private static func isShown(_ name: String, on page: Int?, of pages: [[String]]) -> Bool {
        guard let page else { return true }
        let claims = pages.map { prefixes in prefixes.filter(name.hasPrefix).map(\.utf8.count).max() ?? 0 }
        return claims[page] == claims.max()
    }

    static let refusals = "metrics_refused_series_total"

    /// What the registry tells of itself.
    public static let descriptions: [MetricDescription] = [
        MetricDescription(
            .counter, refusals, labels: ["metric"], "Series refused because a name had too many of them or was used with two types.")
    ]
}

// MARK: Making series

extension PrometheusRegistry {
    /// Nil if the series is refused.
    func series<Wanted: Series>(
        _ name: String, _ kind: MetricDescription.Kind, _ labels: [(String, String)], make: (SeriesIdentity) -> Wanted
    ) -> Wanted? {
        let labels = LabelText(labels)
        return state.withLock { state in
            let made = state.families[name, default: Family(kind)].series(labels, kind, limit: limit) {
                make(SeriesIdentity(name: name, labels: labels))
            }
            if made == nil { state.families[name]?.refused += 1 }
            return made
        }
    }

    func remove(_ handler: AnyObject) {
        guard let series = handler as? any Series else { return }
        state.withLock { $0.families[series.identity.name]?.remove(series) }
    }

    func buckets(_ name: String) -> HistogramBuckets { descriptions[name]?.buckets ?? .suggested(by: name) }
}
