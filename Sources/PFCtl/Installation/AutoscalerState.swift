import KubernetesClient

/// The metric, the decision and the bounds of an autoscaler.
struct AutoscalerState: Sendable, Hashable {
    let name: String
    /// The name of the workload that it scales.
    let target: String
    /// The name of KEDA's object from which it is made; nil without KEDA.
    let scaledObject: String?
    let minimum: Int
    let maximum: Int
    let current: Int
    let desired: Int
    let measure: Measure?
    /// The reason why it cannot compute the number of replicas; nil if it can.
    let trouble: String?

    /// The metric that it scales by.
    struct Measure: Sendable, Hashable {
        /// `lag`, or the name of a resource.
        let name: String
        /// Per replica, or in percent if `isUtilization`.
        let current: Double?
        let target: Double?
        let isUtilization: Bool

        var isAboveTarget: Bool { (current ?? 0) > (target ?? .infinity) }
    }

    init(_ autoscaler: HorizontalPodAutoscaler) {
        name = autoscaler.name
        target = autoscaler.spec?.scaleTargetRef?.name ?? ""
        scaledObject = autoscaler.metadata.controller.flatMap { $0.kind == ResourceKind.scaledObjects.kind ? $0.name : nil }
        minimum = autoscaler.spec?.minReplicas ?? 1
        maximum = autoscaler.spec?.maxReplicas ?? 1
        current = autoscaler.status?.currentReplicas ?? 0
        desired = autoscaler.status?.desiredReplicas ?? 0
        measure = Measure(autoscaler)
        let failing = ["AbleToScale", "ScalingActive"].lazy.compactMap { autoscaler.status?.conditions?[$0] }.first { $0.status == "False" }
        // Scaling to zero by hand disables it on purpose.
        trouble = failing.flatMap { $0.reason == "ScalingDisabled" ? nil : $0.message ?? $0.reason }
    }

    /// The lag of the whole consumer group, if it scales by lag.
    var lag: Double? {
        guard let measure, !measure.isUtilization, measure.name == Measure.lagName else { return nil }
        return measure.current.map { ($0 * Double(max(current, 1))).rounded() }
    }
}

extension AutoscalerState.Measure {
    static let lagName = "lag"

    init?(_ autoscaler: HorizontalPodAutoscaler) {
        guard let wanted = autoscaler.spec?.metrics?.first else { return nil }
        let seen = autoscaler.status?.currentMetrics?.first { $0.type == wanted.type }
        if let external = wanted.external {
            name = external.metric.name.hasSuffix("_lag") ? Self.lagName : external.metric.name
            current = (seen?.external?.current?.averageValue ?? seen?.external?.current?.value)?.value
            target = (external.target?.averageValue ?? external.target?.value)?.value
            isUtilization = false
        } else if let resource = wanted.resource {
            name = resource.name
            current = seen?.resource?.current?.averageUtilization.map(Double.init)
            target = resource.target?.averageUtilization.map(Double.init)
            isUtilization = true
        } else {
            return nil
        }
    }
}
