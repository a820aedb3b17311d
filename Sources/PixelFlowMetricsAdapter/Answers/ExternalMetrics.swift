import KubernetesClient

/// The API group that the autoscaler queries, and its only metric.
enum ExternalMetrics {
    static let group = "external.metrics.k8s.io"
    static let version = "v1beta1"
    static let metric = "pixelflow_consumer_group_lag"
    static var groupVersion: String { "\(group)/\(version)" }
    static let valueListKind = "ExternalMetricValueList"

    /// The answer to a question for the metric.
    static func values(_ sample: LagSample, labels: [String: String]) -> JSONValue {
        [
            "kind": .string(valueListKind), "apiVersion": .string(groupVersion), "metadata": [:],
            "items": [
                [
                    "metricName": .string(metric), "metricLabels": .object(labels.mapValues { .string($0) }),
                    "timestamp": .string(sample.time.text),
                    // A Kubernetes quantity; whole numbers need no suffix.
                    "value": .string(String(sample.value)),
                ]
            ],
        ]
    }
}
