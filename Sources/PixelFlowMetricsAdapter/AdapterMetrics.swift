import KubernetesClient
import Metrics

/// What the adapter counts beside its requests.
struct AdapterMetrics: Sendable {
    private let lag: Gauge
    private let readings: Counter
    private let failures: Counter
    private let expiry: Gauge
    private let factory: any MetricsFactory

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        lag = Gauge(label: "adapter_group_lag", factory: factory)
        readings = Counter(label: "adapter_lag_readings_total", dimensions: [("status", "success")], factory: factory)
        failures = Counter(label: "adapter_lag_readings_total", dimensions: [("status", "error")], factory: factory)
        expiry = Gauge(label: "adapter_certificate_expiry_timestamp_seconds", factory: factory)
    }

    func note(_ sample: LagSample) {
        readings.increment()
        lag.record(sample.value)
    }

    func noteUnreadableLag() { failures.increment() }

    func noteExpiry(_ time: Timestamp) { expiry.record(time.secondsSinceEpoch) }

    /// Statuses are few: the API answers with a handful.
    func noteAnswer(_ status: Int) {
        Counter(label: "adapter_answers_total", dimensions: [("status", "\(status)")], factory: factory).increment()
    }
}
