import Metrics

/// What is counted of wake-ups and events on their way out of this process.
struct DispatchMetrics: Sendable {
    let published: Counter
    let failed: Counter
    let publications: Counter
    let waitingWakeUps: Meter
    let waitingEvents: Meter

    init(_ factory: any MetricsFactory) {
        published = Counter(label: "dispatched_total", dimensions: [("outcome", "published")], factory: factory)
        failed = Counter(label: "dispatched_total", dimensions: [("outcome", "failed")], factory: factory)
        publications = Counter(label: "event_publications_total", factory: factory)
        waitingWakeUps = Meter(label: "announcements_waiting", dimensions: [("kind", "wake_up")], factory: factory)
        waitingEvents = Meter(label: "announcements_waiting", dimensions: [("kind", "event")], factory: factory)
    }
}
