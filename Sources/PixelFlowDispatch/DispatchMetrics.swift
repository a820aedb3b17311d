import Metrics

/// Metrics of the dispatch messages and events that this process publishes.
struct DispatchMetrics: Sendable {
    let published: Counter
    let failed: Counter
    let publications: Counter
    let messageBacklog: Meter
    let eventBacklog: Meter

    init(_ factory: any MetricsFactory) {
        published = Counter(label: "dispatched_total", dimensions: [("outcome", "published")], factory: factory)
        failed = Counter(label: "dispatched_total", dimensions: [("outcome", "failed")], factory: factory)
        publications = Counter(label: "event_publications_total", factory: factory)
        messageBacklog = Meter(label: "publish_backlog", dimensions: [("kind", "dispatch")], factory: factory)
        eventBacklog = Meter(label: "publish_backlog", dimensions: [("kind", "event")], factory: factory)
    }
}
