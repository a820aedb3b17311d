import KubernetesClient
import Metrics

/// The metrics of the adapter other than those of HTTP requests.
struct AdapterMetrics: Sendable {
    private let readings: Counter
    private let failures: Counter
    private let factory: any MetricsFactory

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        readings = Counter(label: "adapter_lag_readings_total", dimensions: [("status", "success")], factory: factory)
        failures = Counter(label: "adapter_lag_readings_total", dimensions: [("status", "error")], factory: factory)
    }

    func note(_ sample: LagSample) {
        readings.increment()
        // Created on the first reading, because a lag that was never read is not 0.
        Gauge(label: "adapter_group_lag", factory: factory).record(sample.value)
    }

    func noteUnreadableLag() { failures.increment() }

    func noteExpiry(_ time: Timestamp) {
        Gauge(label: "adapter_certificate_expiry_timestamp_seconds", factory: factory).record(time.secondsSinceEpoch)
    }

    /// The number of labels is small: the API uses a handful of statuses.
    func noteResponse(_ status: Int) {
        Counter(label: "adapter_responses_total", dimensions: [("status", "\(status)")], factory: factory).increment()
    }
}
