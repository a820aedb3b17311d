import Metrics

/// Metrics of dispatch messages and events on their way out of this process.
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
