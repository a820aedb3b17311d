public import WireFormats

extension ClusterClient {
    /// A status that is written between looking and changing makes a conflict that means nothing.
    private static var disownAttempts: Int { 4 }

    /// Gives up the fields of an object that a field manager owns by its updates. The fields keep their values.
    ///
    /// Whoever applies the object next may then set them without a conflict. Does nothing if the manager owns none, or if nobody
    /// else owns any: an object without owners counts as changed by somebody unknown, whose fields conflict with everyone's.
    ///
    /// - Throws: `forbidden` if the user may not patch the object; `conflict` if it is changed again and again meanwhile.
    public func disown(_ kind: ResourceKind, _ name: String, in namespace: String? = nil, manager: String) async throws {
        for attempt in 1...Self.disownAttempts {
            let object = try await get(kind, name, in: namespace)
            let owners = object["metadata"]?["managedFields"]?.arrayValue ?? []
            let others = owners.filter { $0["manager"]?.stringValue != manager || $0["operation"] != "Update" }
            guard others.count < owners.count, !others.isEmpty else { return }
            // Only this version: another's claims since then would be lost.
            var metadata: JSONValue = ["managedFields": .array(others)]
            metadata["resourceVersion"] = object["metadata"]?["resourceVersion"]
            do {
                try await patch(kind, name, in: namespace, .merge(["metadata": metadata]), options: WriteOptions(fieldManager: manager))
                return
            } catch let error as KubernetesError where error.kind == .conflict && attempt < Self.disownAttempts {
                continue
            }
        }
    }
}
