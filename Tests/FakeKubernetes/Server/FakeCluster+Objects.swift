package import KubernetesClient
package import WireFormats

extension FakeCluster {
    /// Stores an object of any kind unchanged.
    @discardableResult
    package func put(_ kind: ResourceKind, _ object: JSONValue, namespace: String = "default") -> JSONValue {
        memory.withLock { state in
            var object = object
            object["apiVersion"] = object["apiVersion"] ?? .string(kind.apiVersion)
            object["kind"] = object["kind"] ?? .string(kind.kind)
            let name = object["metadata"]?["name"]?.stringValue ?? ""
            let space = object["metadata"]?["namespace"]?.stringValue ?? namespace
            let stored = state.store.put(ObjectKey(kind, name, namespace: space), object)
            state.notify()
            return stored
        }
    }

    package func object(_ kind: ResourceKind, _ name: String, namespace: String = "default") -> JSONValue? {
        memory.withLock { $0.store.objects[ObjectKey(kind, name, namespace: namespace)] }
    }

    /// Changes an object if it exists.
    @discardableResult
    package func update(_ kind: ResourceKind, _ name: String, namespace: String = "default", _ change: (inout JSONValue) -> Void)
        -> JSONValue?
    {
        memory.withLock { state in
            let key = ObjectKey(kind, name, namespace: namespace)
            guard var object = state.store.objects[key] else { return nil }
            change(&object)
            let stored = state.store.put(key, object)
            state.notify()
            return stored
        }
    }

    package func delete(_ kind: ResourceKind, _ name: String, namespace: String = "default") {
        memory.withLock { state in
            _ = state.store.remove(ObjectKey(kind, name, namespace: namespace))
            state.notify()
        }
    }

    /// The names of a kind's objects, sorted.
    package func names(_ kind: ResourceKind, namespace: String = "default") -> [String] {
        memory.withLock { state in
            state.store.objects.keys.filter {
                $0.group == kind.group && $0.plural == kind.plural && $0.namespace == (kind.isNamespaced ? namespace : nil)
            }
            .map(\.name).sorted()
        }
    }

    /// The calls so far.
    package var requests: [FakeClusterRequest] { memory.withLock { $0.requests } }

    package func forgetRequests() {
        memory.withLock { $0.requests = [] }
    }
}

extension ObjectKey {
    init(_ kind: ResourceKind, _ name: String, namespace: String?) {
        self.init(group: kind.group, plural: kind.plural, namespace: kind.isNamespaced ? namespace : nil, name: name)
    }
}
