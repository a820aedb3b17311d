import Metrics
import PixelFlowCore
import WireFormats

/// Counts attempts and measures their duration.
struct WebhookMetrics: Sendable {
    private let delivered: Counter
    private let retried: Counter
    private let failed: Counter
    private let disabled: Counter
    private let abandoned: Counter
    private let duration: Metrics.Timer
    private let latency: Metrics.Timer
    private let inFlight: Meter

    init(_ factory: any MetricsFactory) {
        func attempts(_ outcome: String) -> Counter {
            Counter(label: "webhook_attempts_total", dimensions: [("outcome", outcome)], factory: factory)
        }
        (delivered, retried, failed) = (attempts("delivered"), attempts("retried"), attempts("failed"))
        disabled = Counter(label: "webhook_endpoints_disabled_total", factory: factory)
        abandoned = Counter(label: "webhook_deliveries_abandoned_total", factory: factory)
        duration = Metrics.Timer(label: "webhook_attempt_duration_seconds", factory: factory)
        latency = Metrics.Timer(label: "webhook_first_attempt_latency_seconds", factory: factory)
        inFlight = Meter(label: "webhook_attempts_in_flight", factory: factory)
    }

    /// - Parameter wait: the time from the event to the first attempt; nil for retries.
    func begin(after wait: Duration?) {
        if let wait { latency.recordNanoseconds(max(0, wait.nanoseconds)) }
    }

    func setInFlight(_ count: Int) { inFlight.set(count) }

    func count(_ delivery: WebhookDelivery, took time: Duration) {
        duration.recordNanoseconds(time.nanoseconds)
        switch delivery.state {
        case .delivered: delivered.increment()
        case .pending: retried.increment()
        case .failed: failed.increment()
        }
    }

    func countDisabled() { disabled.increment() }
    func countAbandoned(_ count: Int) { abandoned.increment(by: count) }
}
