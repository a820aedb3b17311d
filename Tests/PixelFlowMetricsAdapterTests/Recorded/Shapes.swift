/// Responses in the format of a Kubernetes 1.36 API server and the servers of its metrics APIs.
enum Shapes {
    static let groups = """
        {"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"external.metrics.k8s.io",
        "versions":[{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}],
        "preferredVersion":{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}}]}
        """

    static let group = """
        {"kind":"APIGroup","apiVersion":"v1","name":"external.metrics.k8s.io",
        "versions":[{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}],
        "preferredVersion":{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}}
        """

    static let resources = """
        {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"external.metrics.k8s.io/v1beta1","resources":[
        {"name":"pixelflow_consumer_group_lag","singularName":"","namespaced":true,"kind":"ExternalMetricValueList","verbs":["get"]}]}
        """

    static let aggregated = """
        {"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[
        {"metadata":{"name":"external.metrics.k8s.io","creationTimestamp":null},"versions":[{"version":"v1beta1","resources":[
        {"resource":"pixelflow_consumer_group_lag","responseKind":{"group":"external.metrics.k8s.io","version":"v1beta1",
        "kind":"ExternalMetricValueList"},"scope":"Namespaced","singularResource":"","verbs":["get"]}],"freshness":"Current"}]}]}
        """

    static func values(_ value: String, at time: String) -> String {
        """
        {"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[
        {"metricName":"pixelflow_consumer_group_lag","metricLabels":{"group":"workers","topic":"tasks","lane":"normal"},
        "timestamp":"\(time)","value":"\(value)"}]}
        """
    }

    static let unauthorized = """
        {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}
        """

    static func forbidden(user: String, namespace: String) -> String {
        """
        {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
        "message":"pixelflow_consumer_group_lag.external.metrics.k8s.io is forbidden: User \\"\(user)\\" cannot list resource \
        \\"pixelflow_consumer_group_lag\\" in API group \\"external.metrics.k8s.io\\" in the namespace \\"\(namespace)\\"",
        "reason":"Forbidden","details":{"group":"external.metrics.k8s.io","kind":"pixelflow_consumer_group_lag"},"code":403}
        """
    }

    static let noPage = """
        {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the requested resource",
        "reason":"NotFound","details":{},"code":404}
        """
}
