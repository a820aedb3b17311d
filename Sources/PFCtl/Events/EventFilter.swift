import KubernetesClient

/// Which events are wanted.
struct EventFilter: Sendable {
    /// Of workloads; their pods and ReplicaSets are named after them.
    let names: [String]
    /// In lower case; nil for all.
    let types: Set<String>?

    func includes(_ event: Event) -> Bool {
        guard let object = event.involvedObject?.name else { return false }
        if let types, !types.contains((event.type ?? "").lowercased()) { return false }
        return names.contains { object == $0 || object.hasPrefix($0 + "-") }
    }
}
