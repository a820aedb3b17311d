import KubernetesClient

/// How far a rollout is, by kubectl's rules.
enum RolloutProgress: Sendable, Hashable {
    /// With a description of what is pending.
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
            self = .underway("\(all - updated) old \(all - updated == 1 ? "replica is" : "replicas are") still terminating")
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
