import KubernetesClient

/// One of the templates that a deployment has had: a ReplicaSet that is still kept.
struct Revision: Sendable {
    static let annotation = "deployment.kubernetes.io/revision"
    static let causeAnnotation = "kubernetes.io/change-cause"
    /// The label by which a ReplicaSet tells its pods from those of others; the deployment's template has none.
    static let hashLabel = "pod-template-hash"

    let number: Int
    let name: String
    let replicas: Int
    let created: Timestamp?
    let image: String?
    let cause: String?

    init?(_ set: ReplicaSet) {
        guard let number = set.metadata.annotations[Self.annotation].flatMap({ Int($0) }) else { return nil }
        self.number = number
        name = set.name
        replicas = set.spec?.replicas ?? 0
        created = set.metadata.creationTimestamp
        image = set.spec?.template?.spec?.containers?.first?.image
        cause = set.metadata.annotations[Self.causeAnnotation]
    }
}
