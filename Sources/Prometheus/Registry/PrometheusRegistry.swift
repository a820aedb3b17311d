import Metrics
import Synchronization

/// Stores all metrics of a process and exports them for Prometheus. A backend of swift-metrics.
///
/// Labels of swift-metrics become Prometheus names: the name of a counter ends in `_total`, a timer becomes
/// a histogram in seconds whose name ends in `_seconds`, an aggregating recorder becomes a histogram, and
/// gauges and meters become gauges. Characters that Prometheus does not allow in names become underscores.
///
/// Counting and recording cost some ten nanoseconds and take no lock. Creating a `Counter` or a `Timer`
/// takes a lock, so create them once and keep them.
public final class PrometheusRegistry: Sendable {
    /// Series per name. Further ones are dropped and counted in `metrics_refused_series_total`.
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
    ///   - descriptions: help texts and buckets; optional for each metric.
    ///   - seriesLimit: the maximum number of series per name.
    public init(descriptions: [MetricDescription] = [], seriesLimit: Int = standardLimit) {
        self.descriptions = Dictionary((Self.descriptions + descriptions).map { ($0.name, $0) }) { $1 }
        limit = seriesLimit
    }

    /// Calls `collector` at each scrape, for values that are computed on demand. It must not block for long.
    public func collect(by collector: @escaping @Sendable (inout Collection) -> Void) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// Creates a page to scrape, for a process that has several.
    ///
    /// A metric whose name begins with one of `prefixes` appears only on this page; the longest prefix
    /// decides. Metrics that no page claims appear on all pages. So all pages of a process can be
    /// scraped without counting claimed metrics twice.
    public func page(claiming prefixes: [String]) -> Page {
        Page(
            registry: self,
            number: state.withLock { state in
                state.pages.append(prefixes)
                return state.pages.count - 1
            })
    }

    /// All metrics in the text exposition format.
    public func text() -> [UInt8] { text(page: nil) }

    /// The metrics of one page.
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

    /// The metrics of the registry itself.
    public static let descriptions: [MetricDescription] = [
        MetricDescription(
            .counter, refusals, labels: ["metric"], "Series refused because a name had too many of them or was used with two types.")
    ]
}

// MARK: Creating series

extension PrometheusRegistry {
    /// Nil if the limit rejects the series.
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
