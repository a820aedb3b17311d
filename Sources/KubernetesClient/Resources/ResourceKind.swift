/// A kind of resource in the API: its path and its names.
public struct ResourceKind: Sendable, Hashable {
    /// Empty for the core group.
    public let group: String
    public let version: String
    /// The plural in paths: `deployments`.
    public let plural: String
    /// `Deployment`
    public let kind: String
    public let isNamespaced: Bool

    public init(group: String = "", version: String = "v1", plural: String, kind: String, isNamespaced: Bool = true) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// `apps/v1`, or `v1` for the core group.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `deployment.apps`, or `pod`: what kubectl prints before the name.
    public var qualifiedName: String { group.isEmpty ? kind.lowercased() : "\(kind.lowercased()).\(group)" }

    /// The path of the collection, or of one object in it.
    /// - Parameter namespace: Nil for all namespaces; ignored for kinds without namespaces.
    public func path(namespace: String?, name: String? = nil, subresource: String? = nil) -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if isNamespaced, let namespace { path += "/namespaces/\(PathEscaping.segment(namespace))" }
        path += "/\(plural)"
        if let name { path += "/\(PathEscaping.segment(name))" }
        if let subresource { path += "/\(subresource)" }
        return path
    }
}

extension ResourceKind {
    public static let pods = ResourceKind(plural: "pods", kind: "Pod")
    public static let services = ResourceKind(plural: "services", kind: "Service")
    public static let configMaps = ResourceKind(plural: "configmaps", kind: "ConfigMap")
    public static let secrets = ResourceKind(plural: "secrets", kind: "Secret")
    public static let namespaces = ResourceKind(plural: "namespaces", kind: "Namespace", isNamespaced: false)
    public static let nodes = ResourceKind(plural: "nodes", kind: "Node", isNamespaced: false)
    public static let persistentVolumeClaims = ResourceKind(plural: "persistentvolumeclaims", kind: "PersistentVolumeClaim")
    public static let events = ResourceKind(plural: "events", kind: "Event")
    public static let deployments = ResourceKind(group: "apps", plural: "deployments", kind: "Deployment")
    public static let replicaSets = ResourceKind(group: "apps", plural: "replicasets", kind: "ReplicaSet")
    public static let statefulSets = ResourceKind(group: "apps", plural: "statefulsets", kind: "StatefulSet")
    public static let jobs = ResourceKind(group: "batch", plural: "jobs", kind: "Job")
    public static let horizontalPodAutoscalers = ResourceKind(
        group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers", kind: "HorizontalPodAutoscaler")
    /// KEDA's, where it is installed.
    public static let scaledObjects = ResourceKind(group: "keda.sh", version: "v1alpha1", plural: "scaledobjects", kind: "ScaledObject")
    public static let storageClasses = ResourceKind(
        group: "storage.k8s.io", plural: "storageclasses", kind: "StorageClass", isNamespaced: false)
    public static let apiServices = ResourceKind(
        group: "apiregistration.k8s.io", plural: "apiservices", kind: "APIService", isNamespaced: false)
    public static let podMetrics = ResourceKind(group: "metrics.k8s.io", version: "v1beta1", plural: "pods", kind: "PodMetrics")
    public static let selfSubjectAccessReviews = ResourceKind(
        group: "authorization.k8s.io", plural: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview", isNamespaced: false)
}

/// A resource with a Swift type. Decoding drops fields that the type does not have, so do not
/// write back an object that was read this way: patch it.
public protocol KubernetesResource: Codable, Sendable {
    static var resource: ResourceKind { get }
    var metadata: ObjectMeta { get }
}

extension KubernetesResource {
    public var name: String { metadata.name }
    public var namespace: String? { metadata.namespace }
}
