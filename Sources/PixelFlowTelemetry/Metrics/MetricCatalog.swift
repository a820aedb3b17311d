package import Prometheus

/// Every metric that a service of PixelFlow exports: help texts for Prometheus, the table in
/// docs/metrics.md, and what alerts and the dashboard may ask for.
package enum MetricCatalog {
    /// Metrics that belong together.
    package struct Group: Sendable {
        package let title: String
        /// Where they come from.
        package let origin: String
        package let metrics: [MetricDescription]
    }

    package static let groups: [Group] = [
        services, accounts, audit, taskMail, tasks, dispatch, webhooks, sources, rendering, streams, limits, caches, databases, kafka,
        objects,
        circuits, autoscaling, traces, process,
    ]

    package static var all: [MetricDescription] { groups.flatMap(\.metrics) }

    /// Seconds of an HTTP request: finer at the short end than a task needs.
    static let requestBuckets = HistogramBuckets([0.001, 0.0025] + HistogramBuckets.durations.bounds)
    /// Buckets in seconds for waiting and processing times, up to an hour.
    static let waitBuckets = HistogramBuckets(HistogramBuckets.durations.bounds + [120, 300, 600, 1800, 3600])
}
