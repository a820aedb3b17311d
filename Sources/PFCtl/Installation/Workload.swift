import KubernetesClient
import WireFormats

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

    /// The field is optional and defaults to 1.
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

    /// The number of existing pods, of any revision.
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

    /// Whether all desired replicas are ready and of the newest revision.
    var isSettled: Bool {
        if case .complete = RolloutProgress(self) { return ready >= desired }
        return false
    }
}

extension Workload {
    /// The chart's labels that distinguish the pods of one workload from those of others; pools of workers share their component.
    private static let identity = ["app.kubernetes.io/name", InstallationLabels.instance, InstallationLabels.component]

    /// Whether a pod with these labels belongs to this workload.
    func owns(_ labels: [String: String]) -> Bool {
        let own = template?.metadata?.labels ?? [:]
        // A template without the labels, as in tests or manually written objects: compare only the component.
        guard own[InstallationLabels.component] != nil else { return labels[InstallationLabels.component] == component }
        return Self.identity.allSatisfy { own[$0] == labels[$0] }
    }
}

/// The progress of a rollout, by kubectl's rules.
enum RolloutProgress: Sendable, Hashable {
    /// With a description of the pending step.
    case underway(String)
    case complete
    /// With the reason why it cannot complete.
    case failed(String)

    init(_ workload: Workload) {
        switch workload.object {
        case .deployment(let deployment): self.init(deployment)
        case .statefulSet(let set): self.init(set)
        }
    }

    /// The status is valid only once the controller has observed this generation of the spec.
    init(_ deployment: Deployment) {
        let status = deployment.status
        guard (status?.observedGeneration ?? 0) >= deployment.metadata.generation ?? 0 else {
            self = .underway("the controller has not observed the change yet")
            return
        }
        if status?.conditions?["Progressing"]?.reason == "ProgressDeadlineExceeded" {
            let seconds = deployment.spec?.progressDeadlineSeconds ?? 600
            self = .failed("no progress within the deadline of \(seconds) s")
            return
        }
        let desired = deployment.spec?.replicas ?? 1
        let (all, updated, available) = (status?.replicas ?? 0, status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0)
        if updated < desired {
            self = .underway("\(updated) of \(desired) replicas are updated")
        } else if all > updated {
            self = .underway("\((all - updated).counted("old replica is", "old replicas are")) still terminating")
        } else if available < updated {
            self = .underway("\(available) of \(updated) new replicas are available")
        } else {
            self = .complete
        }
    }

    init(_ set: StatefulSet) {
        let status = set.status
        guard (status?.observedGeneration ?? 0) >= set.metadata.generation ?? 0 else {
            self = .underway("the controller has not observed the change yet")
            return
        }
        let desired = set.spec?.replicas ?? 1
        let ready = status?.readyReplicas ?? 0
        let partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0
        let updated = status?.updatedReplicas ?? 0
        if ready < desired {
            self = .underway("\(ready) of \(desired) replicas are ready")
        } else if set.spec?.updateStrategy?.type == "OnDelete" {
            self = .complete
        } else if partition > 0, updated < desired - partition {
            self = .underway("\(updated) of \(desired - partition) replicas are updated")
        } else if partition == 0, status?.updateRevision != status?.currentRevision {
            self = .underway("\(updated) of \(desired) replicas are updated")
        } else {
            self = .complete
        }
    }
}
