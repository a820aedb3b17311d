import FoundationEssentials
import KubernetesClient
import Logging
import WireFormats
import X509

/// The APIService with which the API server finds the adapter. The chart creates it; the adapter sets the trusted authorities.
struct APIRegistration: Sendable {
    static let name = "\(ExternalMetrics.version).\(ExternalMetrics.group)"

    let cluster: ClusterClient
    let service: String
    let namespace: String
    let logger: Logger

    /// Makes the API server trust these authorities when it calls the adapter.
    ///
    /// - Returns: an `ownerReferences` entry for the APIService; nil if the API server has not assigned it a UID.
    /// - Throws: `KubernetesError`; of kind `conflict` if the APIService was changed concurrently.
    func trust(_ authorities: [Certificate]) async throws -> JSONValue? {
        let registered = try await cluster.get(.apiServices, Self.name)
        let target = registered["spec"]?["service"]
        guard target?["name"]?.stringValue == service, target?["namespace"]?.stringValue == namespace else {
            throw KubernetesError(
                .conflict, "the APIService \(Self.name) belongs to another server of external metrics",
                hint: "a cluster has one; remove it, or set worker.autoscaling.mode to keda, cpu or none")
        }
        let bundle = JSONValue.string(Data(try CertificateChain.text(authorities).utf8).base64EncodedString())
        let owner = registered["metadata"]?["uid"].map { uid -> JSONValue in
            ["apiVersion": .string(ResourceKind.apiServices.apiVersion), "kind": "APIService", "name": .string(Self.name), "uid": uid]
        }
        guard registered["spec"]?["caBundle"] != bundle else { return owner }
        var change: JSONValue = ["spec": ["caBundle": bundle]]
        change["metadata"] = registered["metadata"]?["resourceVersion"].map { ["resourceVersion": $0] }
        try await cluster.patch(.apiServices, Self.name, .merge(change))
        logger.notice("ca bundle of the apiservice updated", metadata: ["apiservice": .string(Self.name)])
        return owner
    }
}
