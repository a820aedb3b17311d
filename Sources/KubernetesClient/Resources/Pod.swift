public struct PodTemplate: Codable, Sendable {
    public var metadata: ObjectMeta?
    public var spec: PodSpec?
}

public struct PodSpec: Codable, Sendable {
    public var containers: [Container]?
    public var initContainers: [Container]?
    public var nodeName: String?
    public var serviceAccountName: String?
    public var terminationGracePeriodSeconds: Int?
    /// Labels that a node must have.
    public var nodeSelector: [String: String]?
    public var tolerations: [Toleration]?
    public var affinity: Affinity?
    public var topologySpreadConstraints: [TopologySpread]?
    /// What the container runtime needs per pod, from its RuntimeClass.
    public var overhead: [String: Quantity]?
    /// Of the pod as a whole, instead of the sum of its containers.
    public var resources: Container.Resources?

    public struct Affinity: Codable, Sendable {
        public var nodeAffinity: NodeAffinity?
        public var podAffinity: PodAffinity?
        public var podAntiAffinity: PodAffinity?
    }

    public struct NodeAffinity: Codable, Sendable {
        public var requiredDuringSchedulingIgnoredDuringExecution: NodeSelector?
    }

    public struct NodeSelector: Codable, Sendable {
        /// A node must match one of them.
        public var nodeSelectorTerms: [NodeSelectorTerm]?
    }

    /// A node must match everything in it.
    public struct NodeSelectorTerm: Codable, Sendable {
        public var matchExpressions: [LabelSelector.Requirement]?
        /// Only `metadata.name` exists.
        public var matchFields: [LabelSelector.Requirement]?
    }

    public struct PodAffinity: Codable, Sendable {
        public var requiredDuringSchedulingIgnoredDuringExecution: [Term]?

        public struct Term: Codable, Sendable {
            public var topologyKey: String?
        }
    }

    public struct TopologySpread: Codable, Sendable {
        public var topologyKey: String?
        /// `DoNotSchedule` or `ScheduleAnyway`
        public var whenUnsatisfiable: String?
    }

    public struct Toleration: Codable, Sendable {
        /// Nil for all keys.
        public var key: String?
        /// `Exists` or `Equal`; nil means `Equal`.
        public var `operator`: String?
        public var value: String?
        /// Nil for all effects.
        public var effect: String?
    }
}

public struct Container: Codable, Sendable {
    public var name: String
    public var image: String?
    public var ports: [Port]?
    public var resources: Resources?
    public var env: [Variable]?
    /// `Always` for an init container that is a sidecar.
    public var restartPolicy: String?

    public struct Port: Codable, Sendable {
        public var name: String?
        public var containerPort: Int
        public var `protocol`: String?
    }

    public struct Resources: Codable, Sendable {
        public var requests: [String: Quantity]?
        public var limits: [String: Quantity]?
    }

    public struct Variable: Codable, Sendable {
        public var name: String
        public var value: String?
    }
}

public struct Pod: KubernetesResource {
    public static let resource = ResourceKind.pods
    public var metadata: ObjectMeta
    public var spec: PodSpec?
    public var status: Status?

    public struct Status: Codable, Sendable {
        /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`
        public var phase: String?
        public var reason: String?
        public var message: String?
        public var podIP: String?
        public var hostIP: String?
        public var startTime: Timestamp?
        public var conditions: [Condition]?
        public var containerStatuses: [ContainerStatus]?
        public var initContainerStatuses: [ContainerStatus]?
    }
}

public struct ContainerStatus: Codable, Sendable {
    public var name: String
    public var ready: Bool?
    public var started: Bool?
    public var restartCount: Int?
    public var image: String?
    public var imageID: String?
    public var state: State?
    public var lastState: State?

    /// Exactly one of the three is set.
    public struct State: Codable, Sendable {
        public var running: Running?
        public var waiting: Waiting?
        public var terminated: Terminated?
    }

    public struct Running: Codable, Sendable {
        public var startedAt: Timestamp?
    }

    public struct Waiting: Codable, Sendable {
        /// `ContainerCreating`, `CrashLoopBackOff`, `ImagePullBackOff`, …
        public var reason: String?
        public var message: String?
    }

    public struct Terminated: Codable, Sendable {
        public var exitCode: Int?
        public var signal: Int?
        public var reason: String?
        public var message: String?
        public var startedAt: Timestamp?
        public var finishedAt: Timestamp?
    }
}

/// The resource usage of a pod, from metrics.k8s.io.
public struct PodMetrics: KubernetesResource {
    public static let resource = ResourceKind.podMetrics
    public var metadata: ObjectMeta
    public var timestamp: Timestamp?
    /// A duration such as `15.1s`: the interval over which the CPU usage is averaged.
    public var window: String?
    public var containers: [Usage]?

    public struct Usage: Codable, Sendable {
        public var name: String
        /// Keys `cpu` (cores) and `memory` (bytes).
        public var usage: [String: Quantity]
    }
}
