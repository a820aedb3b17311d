public struct Deployment: KubernetesResource {
    public static let resource = ResourceKind.deployments
    public var metadata: ObjectMeta
    public var spec: Spec?
    public var status: Status?

    public struct Spec: Codable, Sendable {
        /// Nil means 1.
        public var replicas: Int?
        public var selector: LabelSelector?
        public var paused: Bool?
        /// Nil means 600 s.
        public var progressDeadlineSeconds: Int?
        public var minReadySeconds: Int?
        public var revisionHistoryLimit: Int?
        public var strategy: Strategy?
        public var template: PodTemplate?
    }

    public struct Strategy: Codable, Sendable {
        public var type: String?
        public var rollingUpdate: RollingUpdate?

        public struct RollingUpdate: Codable, Sendable {
            public var maxSurge: IntOrString?
            public var maxUnavailable: IntOrString?
        }
    }

    public struct Status: Codable, Sendable {
        public var observedGeneration: Int?
        public var replicas: Int?
        public var updatedReplicas: Int?
        public var readyReplicas: Int?
        public var availableReplicas: Int?
        public var unavailableReplicas: Int?
        public var conditions: [Condition]?
    }
}

public struct ReplicaSet: KubernetesResource {
    public static let resource = ResourceKind.replicaSets
    public var metadata: ObjectMeta
    public var spec: Spec?
    public var status: Status?

    public struct Spec: Codable, Sendable {
        public var replicas: Int?
        public var selector: LabelSelector?
        public var template: PodTemplate?
    }

    public struct Status: Codable, Sendable {
        public var replicas: Int?
        public var readyReplicas: Int?
        public var availableReplicas: Int?
        public var observedGeneration: Int?
    }
}

public struct StatefulSet: KubernetesResource {
    public static let resource = ResourceKind.statefulSets
    public var metadata: ObjectMeta
    public var spec: Spec?
    public var status: Status?

    public struct Spec: Codable, Sendable {
        public var replicas: Int?
        public var serviceName: String?
        public var selector: LabelSelector?
        public var updateStrategy: UpdateStrategy?
        public var template: PodTemplate?
    }

    public struct UpdateStrategy: Codable, Sendable {
        public var type: String?
        public var rollingUpdate: RollingUpdate?

        public struct RollingUpdate: Codable, Sendable {
            public var partition: Int?
        }
    }

    public struct Status: Codable, Sendable {
        public var observedGeneration: Int?
        public var replicas: Int?
        public var readyReplicas: Int?
        public var currentReplicas: Int?
        public var updatedReplicas: Int?
        public var availableReplicas: Int?
        public var currentRevision: String?
        public var updateRevision: String?
        public var conditions: [Condition]?
    }
}

public struct Job: KubernetesResource {
    public static let resource = ResourceKind.jobs
    public var metadata: ObjectMeta
    public var spec: Spec?
    public var status: Status?

    public struct Spec: Codable, Sendable {
        public var completions: Int?
        public var parallelism: Int?
        public var backoffLimit: Int?
        public var suspend: Bool?
    }

    public struct Status: Codable, Sendable {
        public var active: Int?
        public var succeeded: Int?
        public var failed: Int?
        public var startTime: Timestamp?
        public var completionTime: Timestamp?
        public var conditions: [Condition]?
    }
}

/// The `scale` subresource of a workload.
public struct Scale: Codable, Sendable {
    public var metadata: ObjectMeta
    public var spec: Spec?
    public var status: Status?

    public struct Spec: Codable, Sendable {
        /// The server omits it if it is 0.
        public var replicas: Int?
    }

    public struct Status: Codable, Sendable {
        public var replicas: Int?
        /// The label selector of the pods as a query.
        public var selector: String?
    }
}
