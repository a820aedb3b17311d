import KubernetesClient

/// Whether a pod is working, and if not, why.
struct PodHealth: Sendable, Hashable {
    let name: String
    let component: String
    let labels: [String: String]
    let isReady: Bool
    /// One word, as shown by kubectl: `Running`, `CrashLoopBackOff`, `Terminating`, …
    let state: String
    /// Details about a pod that is not ready.
    let explanation: String?
    let restarts: Int
    let created: Timestamp?
    let node: String?
    /// The reason why a container last terminated.
    let lastEnd: String?

    init(_ pod: Pod) {
        name = pod.name
        component = pod.metadata.component
        labels = pod.metadata.labels
        created = pod.metadata.creationTimestamp
        node = pod.spec?.nodeName
        let statuses = (pod.status?.containerStatuses ?? []) + Self.initStatuses(of: pod)
        restarts = statuses.reduce(0) { $0 + ($1.restartCount ?? 0) }
        isReady = pod.status?.conditions?["Ready"]?.isTrue ?? false && pod.metadata.deletionTimestamp == nil
        lastEnd = statuses.lazy.compactMap { $0.lastState?.terminated }.first.map(Self.describe)
        (state, explanation) = isReady ? ("Running", nil) : Self.trouble(pod)
    }

    /// Sidecars, and, until all have ended, the other init containers: their restarts are no news any more once the pod has started.
    private static func initStatuses(of pod: Pod) -> [ContainerStatus] {
        let statuses = pod.status?.initContainerStatuses ?? []
        guard pod.status?.conditions?["Initialized"]?.isTrue ?? true else { return statuses }
        let sidecars = Set((pod.spec?.initContainers ?? []).filter(\.isSidecar).map(\.name))
        return statuses.filter { sidecars.contains($0.name) }
    }

    var isFinished: Bool { state == "Succeeded" || state == "Completed" }

    private static func trouble(_ pod: Pod) -> (String, String?) {
        if pod.metadata.deletionTimestamp != nil { return ("Terminating", nil) }
        let status = pod.status
        for container in (status?.initContainerStatuses ?? []) + (status?.containerStatuses ?? []) where container.ready != true {
            if let waiting = container.state?.waiting, let reason = waiting.reason, reason != "PodInitializing" {
                return (reason, waiting.message)
            }
            if let ended = container.state?.terminated, ended.exitCode != 0 {
                return (ended.reason ?? "Error", ended.message ?? "exit code \(ended.exitCode ?? 0)")
            }
        }
        if let scheduled = status?.conditions?["PodScheduled"], !scheduled.isTrue {
            return (scheduled.reason ?? "Pending", scheduled.message)
        }
        if status?.phase == "Running" { return ("NotReady", "its readiness probe fails") }
        return (status?.reason ?? status?.phase ?? "Unknown", status?.message)
    }

    private static func describe(_ end: ContainerStatus.Terminated) -> String {
        let code = end.exitCode.map { " (exit code \($0))" } ?? ""
        return (end.reason ?? "ended") + code
    }
}
