import KubernetesClient

/// A service of PixelFlow, or a server behind it: a Deployment or a StatefulSet.
struct Workload: Sendable {
    enum Object: Sendable {
        case deployment(Deployment)
        case statefulSet(StatefulSet)
    }

    let object: Object

    var metadata: ObjectMeta {
        switch object {
        case .deployment(let deployment): deployment.metadata
        case .statefulSet(let set): set.metadata
        }
    }

    var kind: ResourceKind {
        switch object {
        case .deployment: .deployments
        case .statefulSet: .statefulSets
        }
    }

    var name: String { metadata.name }
    /// The short name: `worker`.
    var component: String { metadata.component }
    /// `deployment.apps/pixelflow-worker`
    var reference: String { "\(kind.qualifiedName)/\(name)" }
    var version: String? { metadata.labels[InstallationLabels.version] }

    /// Nil in the object means 1.
    var desired: Int {
        switch object {
        case .deployment(let deployment): deployment.spec?.replicas ?? 1
        case .statefulSet(let set): set.spec?.replicas ?? 1
        }
    }

    var ready: Int {
        switch object {
        case .deployment(let deployment): deployment.status?.readyReplicas ?? 0
        case .statefulSet(let set): set.status?.readyReplicas ?? 0
        }
    }

    /// What exists now, of whatever revision.
    var existing: Int {
        switch object {
        case .deployment(let deployment): deployment.status?.replicas ?? 0
        case .statefulSet(let set): set.status?.replicas ?? 0
        }
    }

    var revision: Int? { metadata.annotations[Revision.annotation].flatMap { Int($0) } }

    var template: PodTemplate? {
        switch object {
        case .deployment(let deployment): deployment.spec?.template
        case .statefulSet(let set): set.spec?.template
        }
    }

    var image: String? { template?.spec?.containers?.first?.image }

    var isPaused: Bool {
        guard case .deployment(let deployment) = object else { return false }
        return deployment.spec?.paused ?? false
    }

    /// Whether all replicas that should be there are ready and of the newest revision.
    var isSettled: Bool {
        if case .complete = RolloutProgress(self) { return ready >= desired }
        return false
    }
}
