import Crypto
import KubernetesClient
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// The discovery documents for the API server.
enum Discovery {
    /// The type of the aggregated document. The API server would parse any other 200 response as this, and fail.
    static let aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    static var groups: JSONValue {
        ["kind": "APIGroupList", "apiVersion": "v1", "groups": [description]]
    }

    static var group: JSONValue {
        var group = description
        group["kind"] = "APIGroup"
        group["apiVersion"] = "v1"
        return group
    }

    static var resources: JSONValue {
        [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(ExternalMetrics.groupVersion),
            "resources": [
                [
                    "name": .string(ExternalMetrics.metric), "singularName": "", "namespaced": true,
                    "kind": .string(ExternalMetrics.valueListKind),
                    // Only `get`: the cluster's controllers would try to clean up anything that can be listed and deleted.
                    "verbs": ["get"],
                ]
            ],
        ]
    }

    static var aggregated: JSONValue {
        let resource: JSONValue = [
            "resource": .string(ExternalMetrics.metric), "singularResource": "", "scope": "Namespaced", "verbs": ["get"],
            "responseKind": [
                "group": .string(ExternalMetrics.group), "version": .string(ExternalMetrics.version),
                "kind": .string(ExternalMetrics.valueListKind),
            ],
        ]
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
            "items": [
                [
                    "metadata": ["name": .string(ExternalMetrics.group), "creationTimestamp": .null],
                    "versions": [["version": .string(ExternalMetrics.version), "freshness": "Current", "resources": [resource]]],
                ]
            ],
        ]
    }

    /// Depends only on the content of the document.
    static func entityTag(_ document: JSONValue) -> EntityTag {
        let digest = SHA256.hash(data: Array(document.text().utf8))
        return EntityTag(digest.prefix(16).hexadecimal)
    }

    private static var version: JSONValue {
        ["groupVersion": .string(ExternalMetrics.groupVersion), "version": .string(ExternalMetrics.version)]
    }

    private static var description: JSONValue {
        ["name": .string(ExternalMetrics.group), "versions": [version], "preferredVersion": version]
    }
}

/// The API group that the autoscaler queries, and its only metric.
enum ExternalMetrics {
    static let group = "external.metrics.k8s.io"
    static let version = "v1beta1"
    static let metric = "pixelflow_consumer_group_lag"
    static var groupVersion: String { "\(group)/\(version)" }
    static let valueListKind = "ExternalMetricValueList"

    /// The labels of the metric's item for a lane.
    static func labels(_ labels: [String: String], lane: Lane) -> [String: String] {
        labels.merging(["lane": lane.rawValue]) { own, _ in own }
    }

    /// The response to a request for the metric: one item per lane, which the autoscaler adds up.
    static func values(_ sample: LagSample, labels: [String: String]) -> JSONValue {
        let items: [JSONValue] = sample.values.sorted { $0.key < $1.key }.map { lane, value in
            [
                "metricName": .string(metric), "metricLabels": .object(Self.labels(labels, lane: lane).mapValues { .string($0) }),
                "timestamp": .string(sample.time.text),
                // A Kubernetes quantity; integers need no suffix.
                "value": .string(String(value)),
            ]
        }
        return ["kind": .string(valueListKind), "apiVersion": .string(groupVersion), "metadata": [:], "items": .array(items)]
    }
}
