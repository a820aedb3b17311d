package import Prometheus

/// All metrics that PixelFlow's services export: the source of the help texts for Prometheus and the table in
/// docs/metrics.md, and the list that alerts and the dashboard are checked against.
package enum MetricCatalog {
    /// A group of related metrics.
    package struct Group: Sendable {
        package let title: String
        /// The services that export them.
        package let origin: String
        package let metrics: [MetricDescription]
    }

    package static let groups: [Group] = [
        services, accounts, audit, taskMail, tasks, dispatch, webhooks, sources, rendering, streams, limits, caches, databases, kafka,
        objects,
        circuits, autoscaling, traces, process,
    ]

    package static var all: [MetricDescription] { groups.flatMap(\.metrics) }

    /// Buckets in seconds for HTTP requests, with finer short ones than tasks need.
    static let requestBuckets = HistogramBuckets([0.001, 0.0025] + HistogramBuckets.durations.bounds)
    /// Buckets in seconds for waiting and processing times, up to an hour.
    static let waitBuckets = HistogramBuckets(HistogramBuckets.durations.bounds + [120, 300, 600, 1800, 3600])
}
