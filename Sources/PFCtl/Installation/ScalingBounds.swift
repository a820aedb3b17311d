import KubernetesClient
import Terminal
import WireFormats

/// The bounds of an autoscaler, and the object that determines them.
///
/// With KEDA, that is a ScaledObject: KEDA watches the autoscaler that it has made from it, and reverts every change of that.
struct ScalingBounds: Sendable {
    private let kind: ResourceKind
    private let autoscaler: String
    let name: String
    let minimum: Int
    let maximum: Int

    /// - Throws: `CommandError` if the autoscaler is KEDA's and its ScaledObject may not be read.
    init(of autoscaler: AutoscalerState, in session: Session) async throws {
        self.autoscaler = autoscaler.name
        guard let scaledObject = autoscaler.scaledObject else {
            (kind, name) = (.horizontalPodAutoscalers, autoscaler.name)
            (minimum, maximum) = (autoscaler.minimum, autoscaler.maximum)
            return
        }
        (kind, name) = (.scaledObjects, scaledObject)
        let spec = try await Self.explaining("get", autoscaler.name, scaledObject) {
            try await session.client().get(.scaledObjects, scaledObject)["spec"]
        }
        // The defaults of KEDA. The autoscaler itself says 1 instead of 0.
        minimum = spec?["minReplicaCount"]?.intValue ?? 0
        maximum = spec?["maxReplicaCount"]?.intValue ?? 100
    }

    var reference: String { "\(kind.qualifiedName)/\(name)" }

    private var isOfKEDA: Bool { kind == .scaledObjects }

    /// - Throws: `CommandError` if the bounds are not valid, or if the user may not change them.
    func set(minimum lower: Int, maximum upper: Int, change: ChangeOptions, in session: Session) async throws {
        guard lower <= upper else {
            throw CommandError(
                .usage, "the autoscaler's bounds are \(minimum) to \(maximum); \(lower) to \(upper) is not a valid range",
                hint: "give both --min and --max")
        }
        guard lower >= 1 || isOfKEDA else {
            throw CommandError(.usage, "the minimum of \(reference) must be at least 1: only KEDA starts the first worker again")
        }
        if !change.isClientOnly {
            let spec: JSONValue =
                isOfKEDA
                ? ["minReplicaCount": .integer(lower), "maxReplicaCount": .integer(upper)]
                : ["minReplicas": .integer(lower), "maxReplicas": .integer(upper)]
            let client = try session.client()
            if isOfKEDA {
                _ = try await Self.explaining("patch", autoscaler, name) {
                    try await client.patch(kind, name, .merge(["spec": spec]), options: change.writeOptions)
                }
            } else {
                try await client.patch(kind, name, .merge(["spec": spec]), options: change.writeOptions)
            }
        }
        try await change.disown(kind, name, in: session)
    }

    /// Changing the autoscaler instead would have no effect, so a missing permission is an error.
    private static func explaining<Value>(
        _ verb: String, _ autoscaler: String, _ scaledObject: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as KubernetesError where error.kind == .forbidden {
            let reference = "\(ResourceKind.scaledObjects.qualifiedName)/\(scaledObject)"
            throw CommandError(
                ExitStatus(error.kind), "not allowed to \(verb) \(reference), from which KEDA makes the bounds of \(autoscaler)",
                hint: "ask for get and patch on scaledobjects.keda.sh; KEDA reverts changes of the autoscaler itself")
        }
    }
}
