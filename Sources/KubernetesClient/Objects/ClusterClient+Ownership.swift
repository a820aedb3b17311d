public import WireFormats

extension ClusterClient {
    /// A concurrent update of the status causes a conflict that only requires a retry.
    private static var disownAttempts: Int { 4 }

    /// Gives up the ownership of fields that a field manager owns through updates. The fields keep their values.
    ///
    /// Afterwards, another manager can apply them without a conflict. Does nothing if the manager owns no fields, or if it is the only
    /// owner: Kubernetes attributes the fields of an object without owners to an unknown manager, which conflicts with all others.
    ///
    /// - Throws: `forbidden` if the user may not patch the object; `conflict` if it keeps changing.
    public func disown(_ kind: ResourceKind, _ name: String, in namespace: String? = nil, manager: String) async throws {
        for attempt in 1...Self.disownAttempts {
            let object = try await get(kind, name, in: namespace)
            let owners = object["metadata"]?["managedFields"]?.arrayValue ?? []
            let others = owners.filter { $0["manager"]?.stringValue != manager || $0["operation"] != "Update" }
            guard others.count < owners.count, !others.isEmpty else { return }
            // Only this version: otherwise, ownership that others have claimed since then would be lost.
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
