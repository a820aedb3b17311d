import KubernetesClient

/// The installation at one moment: what is there, and what is known about it.
struct InstallationStatus: Sendable {
    let installation: Installation
    let context: String?
    let pods: [PodHealth]
    let autoscalers: [AutoscalerState]
    /// The latest first.
    let warnings: [Event]
    let tasks: TaskCounts?
    /// What could not be had, in a line each.
    let notes: [String]
    let time: Timestamp

    /// Whether anything is not as it should be.
    var isDegraded: Bool {
        installation.workloads.contains { !$0.isSettled } || autoscalers.contains { $0.trouble != nil }
    }

    func pods(of workload: Workload) -> [PodHealth] {
        pods.filter { $0.component == workload.component && !$0.isFinished }
    }

    func autoscaler(of workload: Workload) -> AutoscalerState? {
        autoscalers.first { $0.target == workload.name }
    }

    func drain(_ autoscaler: AutoscalerState) -> DrainEstimate {
        DrainEstimate(lag: autoscaler.lag, rate: tasks?.rate)
    }
}
