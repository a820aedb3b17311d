import KubernetesClient

extension Node {
    /// Whether its labels, its name and its taints allow a pod.
    func admits(_ spec: PodSpec) -> Bool {
        guard (spec.nodeSelector ?? [:]).allSatisfy({ metadata.labels[$0.key] == $0.value }) else { return false }
        if let required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution {
            guard (required.nodeSelectorTerms ?? []).contains(where: matches) else { return false }
        }
        return (self.spec?.taints ?? []).allSatisfy { taint in
            taint.effect == "PreferNoSchedule" || (spec.tolerations ?? []).contains { $0.tolerates(taint) }
        }
    }

    /// An empty term matches nothing.
    private func matches(_ term: PodSpec.NodeSelectorTerm) -> Bool {
        let (labels, fields) = (term.matchExpressions ?? [], term.matchFields ?? [])
        guard !labels.isEmpty || !fields.isEmpty else { return false }
        return labels.allSatisfy { $0.matches(metadata.labels[$0.key]) }
            && fields.allSatisfy { $0.matches($0.key == "metadata.name" ? name : nil) }
    }
}

extension LabelSelector.Requirement {
    fileprivate func matches(_ value: String?) -> Bool {
        let values = values ?? []
        switch self.operator {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return value.map { !values.contains($0) } ?? true
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case "Gt", "Lt":
            guard let found = value.flatMap({ Int($0) }), let bound = values.first.flatMap({ Int($0) }) else { return false }
            return self.operator == "Gt" ? found > bound : found < bound
        default: return false
        }
    }
}

extension PodSpec.Toleration {
    fileprivate func tolerates(_ taint: Node.Taint) -> Bool {
        guard effect == nil || effect == taint.effect else { return false }
        guard let key else { return `operator` == "Exists" }
        return key == taint.key && (`operator` == "Exists" || (value ?? "") == (taint.value ?? ""))
    }
}

extension PodSpec {
    /// Whether it also depends on other pods where it may run.
    var dependsOnOtherPods: Bool {
        let rules = [affinity?.podAffinity, affinity?.podAntiAffinity].compactMap { $0?.requiredDuringSchedulingIgnoredDuringExecution }
        return rules.contains { !$0.isEmpty } || (topologySpreadConstraints ?? []).contains { $0.whenUnsatisfiable == "DoNotSchedule" }
    }
}
