import KubernetesClient
import Logging
import PixelFlowCore
import WireFormats

/// Serves `external.metrics.k8s.io/v1beta1`.
struct MetricsAPI: Sendable {
    let lag: LagReader
    let reviews: AccessReviews
    /// The labels of the metric, in addition to that of its lane.
    let labels: [String: String]
    let logger: Logger

    /// - Parameter caller: nil for an unauthenticated caller.
    func respond(to question: APIQuestion, from caller: Caller?) async -> APIResponse {
        do throws(APIError) {
            guard let caller else { throw APIError.unauthorized }
            return try await respond(to: question, from: caller)
        } catch {
            return APIResponse(error)
        }
    }

    private func respond(to question: APIQuestion, from caller: Caller) async throws(APIError) -> APIResponse {
        let parts = question.path.split(separator: "/").map(String.init)
        guard let root = parts.first, root == "apis", parts.count <= 6 else { throw .noPage }
        let document = Self.document(parts)
        let value = Self.metric(parts)
        guard parts.count == 1 || document != nil || value != nil else { throw .noPage }
        guard question.method == "GET", !["true", "1"].contains(question.query["watch"]) else { throw .notAllowed }
        let accepted = AcceptedTypes(question.accept)
        if parts.count == 1, accepted.aggregatedDiscovery {
            return APIResponse(Discovery.aggregated, type: Discovery.aggregatedType, preconditions: question.preconditions)
        }
        guard accepted.json else { throw .notAcceptable }
        if let value { return try await respond(value.metric, in: value.namespace, question, from: caller) }
        return APIResponse(document ?? Discovery.groups)
    }

    private static func document(_ parts: [String]) -> JSONValue? {
        switch parts.dropFirst() {
        case [ExternalMetrics.group]: Discovery.group
        case [ExternalMetrics.group, ExternalMetrics.version]: Discovery.resources
        default: nil
        }
    }

    private static func metric(_ parts: [String]) -> (namespace: String, metric: String)? {
        guard parts.count == 6, parts[1...3] == [ExternalMetrics.group, ExternalMetrics.version, "namespaces"] else { return nil }
        return (parts[4], parts[5])
    }

    /// The metric does not belong to a namespace; the one in the path only determines the required permission.
    private func respond(
        _ metric: String, in namespace: String, _ question: APIQuestion, from caller: Caller
    ) async throws(APIError) -> APIResponse {
        guard try await isAllowed(caller, metric: metric, namespace: namespace) else {
            throw .forbidden(caller, metric: metric, namespace: namespace)
        }
        guard metric == ExternalMetrics.metric else { throw .unknownMetric(metric) }
        let lanes = try lanes(question.query["labelSelector"] ?? "")
        do {
            return APIResponse(ExternalMetrics.values(try await lag.sample(of: lanes), labels: labels))
        } catch {
            // Never report 0, because the autoscaler would remove workers.
            throw .unavailable("the lag of the consumer group is not available at the moment")
        }
    }

    /// The lanes that match a selector.
    private func lanes(_ text: String) throws(APIError) -> Set<Lane> {
        let selector: MetricSelector
        do {
            selector = try MetricSelector(text)
        } catch {
            throw .badRequest("unable to parse the label selector \"\(text)\"")
        }
        let lanes = Lane.allCases.filter { selector.matches(ExternalMetrics.labels(labels, lane: $0)) }
        guard !lanes.isEmpty else {
            let served = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            let values = Lane.allCases.map(\.rawValue).joined(separator: ",")
            throw .badRequest(
                "the label selector \"\(text)\" selects no metric that is served here; there is only \(served),lane in (\(values))")
        }
        return Set(lanes)
    }

    private func isAllowed(_ caller: Caller, metric: String, namespace: String) async throws(APIError) -> Bool {
        do {
            return try await reviews.isAllowed(caller, metric: metric, namespace: namespace)
        } catch {
            logger.warning("access review failed", metadata: ["error": "\(error)"])
            throw .unavailable("the access review is not available at the moment")
        }
    }
}
