/// The metadata of an object: names and lifecycle.
public struct ObjectMeta: Codable, Sendable, Hashable {
    public var name: String
    public var namespace: String?
    public var uid: String?
    /// Opaque: do not compare or interpret it; only send it back to the server.
    public var resourceVersion: String?
    /// Incremented with each change of the `spec`.
    public var generation: Int?
    public var creationTimestamp: Timestamp?
    /// Set when deletion has been requested; the object exists until its finalizers are done.
    public var deletionTimestamp: Timestamp?
    public var labels: [String: String]
    public var annotations: [String: String]
    public var ownerReferences: [OwnerReference]

    public init(name: String, namespace: String? = nil, labels: [String: String] = [:], annotations: [String: String] = [:]) {
        self.name = name
        self.namespace = namespace
        self.labels = labels
        self.annotations = annotations
        self.ownerReferences = []
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name) ?? ""
        namespace = try container.decodeIfPresent(String.self, forKey: .namespace)
        uid = try container.decodeIfPresent(String.self, forKey: .uid)
        resourceVersion = try container.decodeIfPresent(String.self, forKey: .resourceVersion)
        generation = try container.decodeIfPresent(Int.self, forKey: .generation)
        creationTimestamp = try container.decodeIfPresent(Timestamp.self, forKey: .creationTimestamp)
        deletionTimestamp = try container.decodeIfPresent(Timestamp.self, forKey: .deletionTimestamp)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations) ?? [:]
        ownerReferences = try container.decodeIfPresent([OwnerReference].self, forKey: .ownerReferences) ?? []
    }

    /// The owner that manages this object; a ReplicaSet manages its pods.
    public var controller: OwnerReference? { ownerReferences.first { $0.controller == true } }
}

public struct OwnerReference: Codable, Sendable, Hashable {
    public var apiVersion: String
    public var kind: String
    public var name: String
    public var uid: String
    public var controller: Bool?
}

/// Selects the objects of a workload.
public struct LabelSelector: Codable, Sendable, Hashable {
    public var matchLabels: [String: String]?
    public var matchExpressions: [Requirement]?

    public struct Requirement: Codable, Sendable, Hashable {
        public var key: String
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`; for nodes also `Gt` or `Lt`
        public var `operator`: String
        public var values: [String]?
    }

    /// The query parameter `labelSelector`, in a deterministic order.
    public var query: String {
        let equalities = (matchLabels ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (equalities + (matchExpressions ?? []).map(\.query)).joined(separator: ",")
    }
}

extension LabelSelector.Requirement {
    fileprivate var query: String {
        let list = (values ?? []).joined(separator: ",")
        switch self.operator {
        case "In": return "\(key) in (\(list))"
        case "NotIn": return "\(key) notin (\(list))"
        case "DoesNotExist": return "!\(key)"
        default: return key
        }
    }
}

/// An entry of an object's `status.conditions`.
public struct Condition: Codable, Sendable, Hashable {
    public var type: String
    /// `True`, `False` or `Unknown`
    public var status: String
    public var reason: String?
    public var message: String?
    public var lastTransitionTime: Timestamp?
    public var lastUpdateTime: Timestamp?

    public var isTrue: Bool { status == "True" }
}

extension [Condition] {
    /// The condition of this type.
    public subscript(type: String) -> Condition? { first { $0.type == type } }
}
