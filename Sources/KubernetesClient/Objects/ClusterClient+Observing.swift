extension ClusterClient {
    /// Events, oldest first.
    /// - Parameters:
    ///   - object: Only events of this object.
    ///   - type: `Normal` or `Warning`; nil for both.
    public func events(
        of object: ObjectReference? = nil, type: String? = nil, in namespace: NamespaceScope = .current
    ) async throws -> [Event] {
        var fields: [String] = []
        if let kind = object?.kind { fields.append("involvedObject.kind=\(kind)") }
        if let name = object?.name { fields.append("involvedObject.name=\(name)") }
        if let uid = object?.uid { fields.append("involvedObject.uid=\(uid)") }
        if let type { fields.append("type=\(type)") }
        let options = ListOptions(fieldSelector: fields.isEmpty ? nil : fields.joined(separator: ","))
        let events = try await list(Event.self, in: namespace, options).items
        let start = Timestamp(secondsSinceEpoch: 0)
        return events.sorted { ($0.lastSeen ?? start, $0.name) < ($1.lastSeen ?? start, $1.name) }
    }

    /// The resource usage of pods. Throws `notFound` if the cluster has no metrics server.
    public func podMetrics(in namespace: NamespaceScope = .current, labelSelector: String? = nil) async throws -> [PodMetrics] {
        try await list(PodMetrics.self, in: namespace, ListOptions(labelSelector: labelSelector)).items.sorted { $0.name < $1.name }
    }
}
