public struct Service: KubernetesResource {
    public static let resource = ResourceKind.services
    public var metadata: ObjectMeta
    public var spec: Spec?

    public struct Spec: Codable, Sendable {
        public var type: String?
        public var clusterIP: String?
        public var selector: [String: String]?
        public var ports: [Port]?
    }

    public struct Port: Codable, Sendable {
        public var name: String?
        public var port: Int
        public var targetPort: IntOrString?
        public var `protocol`: String?
    }
}

public struct ConfigMap: KubernetesResource {
    public static let resource = ResourceKind.configMaps
    public var metadata: ObjectMeta
    public var data: [String: String]?
}

/// A Secret without its data, which is never kept.
public struct Secret: KubernetesResource {
    public static let resource = ResourceKind.secrets
    public var metadata: ObjectMeta
    public var type: String?
    /// Sorted.
    public var keys: [String]

    private enum CodingKeys: String, CodingKey {
        case metadata, type, data
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        type = try container.decodeIfPresent(String.self, forKey: .type)
        keys = try container.decodeIfPresent([String: Ignored].self, forKey: .data)?.keys.sorted() ?? []
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(metadata, forKey: .metadata)
        try container.encodeIfPresent(type, forKey: .type)
    }

    private struct Ignored: Decodable {
        init(from decoder: any Decoder) {}
    }
}

public struct Node: KubernetesResource {
    public static let resource = ResourceKind.nodes
    public var metadata: ObjectMeta
    public var spec: Spec?
    public var status: Status?

    public struct Spec: Codable, Sendable {
        public var unschedulable: Bool?
        public var taints: [Taint]?
    }

    public struct Taint: Codable, Sendable {
        public var key: String
        public var value: String?
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`
        public var effect: String?
    }

    public struct Status: Codable, Sendable {
        public var conditions: [Condition]?
        public var capacity: [String: Quantity]?
        public var allocatable: [String: Quantity]?
        public var nodeInfo: Info?
    }

    public struct Info: Codable, Sendable {
        public var kubeletVersion: String?
        public var architecture: String?
        public var osImage: String?
    }
}

public struct StorageClass: KubernetesResource {
    public static let resource = ResourceKind.storageClasses
    public var metadata: ObjectMeta
    public var provisioner: String?

    /// Whether claims without a class get this one.
    public var isDefault: Bool { metadata.annotations["storageclass.kubernetes.io/is-default-class"] == "true" }
}

public struct APIService: KubernetesResource {
    public static let resource = ResourceKind.apiServices
    public var metadata: ObjectMeta
    public var status: Status?

    public struct Status: Codable, Sendable {
        public var conditions: [Condition]?
    }

    public var isAvailable: Bool { status?.conditions?["Available"]?.isTrue ?? false }
}

/// An event of an object, from the core API group.
public struct Event: KubernetesResource {
    public static let resource = ResourceKind.events
    public var metadata: ObjectMeta
    public var involvedObject: ObjectReference?
    /// `Normal` or `Warning`
    public var type: String?
    public var reason: String?
    public var message: String?
    public var count: Int?
    public var firstTimestamp: Timestamp?
    public var lastTimestamp: Timestamp?
    public var eventTime: Timestamp?
    public var series: Series?
    public var reportingComponent: String?
    public var source: Source?

    public struct Series: Codable, Sendable {
        public var count: Int?
        public var lastObservedTime: Timestamp?
    }

    public struct Source: Codable, Sendable {
        public var component: String?
        public var host: String?
    }

    /// When it last occurred; different writers use different fields for this.
    public var lastSeen: Timestamp? {
        series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp
    }

    /// How often it occurred.
    public var occurrences: Int { series?.count ?? count ?? 1 }
}

public struct ObjectReference: Codable, Sendable, Hashable {
    public var kind: String?
    public var namespace: String?
    public var name: String?
    public var uid: String?
    public var fieldPath: String?

    public init(kind: String? = nil, namespace: String? = nil, name: String? = nil, uid: String? = nil) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
    }
}
