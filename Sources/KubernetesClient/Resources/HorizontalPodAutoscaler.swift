public struct HorizontalPodAutoscaler: KubernetesResource {
    public static let resource = ResourceKind.horizontalPodAutoscalers
    public var metadata: ObjectMeta
    public var spec: Spec?
    public var status: Status?

    public struct Spec: Codable, Sendable {
        public var scaleTargetRef: ScaleTarget?
        /// Nil means 1.
        public var minReplicas: Int?
        public var maxReplicas: Int?
        public var metrics: [Metric]?
    }

    public struct ScaleTarget: Codable, Sendable {
        public var apiVersion: String?
        public var kind: String
        public var name: String
    }

    /// The `type` determines which source is set.
    public struct Metric: Codable, Sendable {
        /// `Resource`, `Pods`, `Object`, `External` or `ContainerResource`
        public var type: String
        public var resource: ResourceSource?
        public var external: NamedSource?
        public var pods: NamedSource?
        public var object: NamedSource?

        /// In `spec` with the target value, in `status` with the current value.
        public struct ResourceSource: Codable, Sendable {
            public var name: String
            public var target: Value?
            public var current: Value?
        }

        public struct NamedSource: Codable, Sendable {
            public var metric: Identifier
            public var target: Value?
            public var current: Value?
        }

        public struct Identifier: Codable, Sendable {
            public var name: String
            public var selector: LabelSelector?
        }

        public struct Value: Codable, Sendable {
            /// In a target: `Utilization`, `Value` or `AverageValue`
            public var type: String?
            /// Percentage of the request.
            public var averageUtilization: Int?
            public var averageValue: Quantity?
            public var value: Quantity?
        }
    }

    public struct Status: Codable, Sendable {
        public var observedGeneration: Int?
        public var lastScaleTime: Timestamp?
        public var currentReplicas: Int?
        public var desiredReplicas: Int?
        public var currentMetrics: [Metric]?
        public var conditions: [Condition]?
    }
}
