import KubernetesClient
import WireFormats

/// An error in Kubernetes' own format, `Status`.
struct APIError: Error, Hashable {
    let code: Int
    let reason: String
    let message: String
    var details: JSONValue?

    var body: JSONValue {
        var body: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
            "reason": .string(reason), "code": .integer(code),
        ]
        body["details"] = details
        return body
    }

    static let unauthorized = APIError(code: 401, reason: "Unauthorized", message: "Unauthorized")

    static let noPage = APIError(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: [:])

    static let notAllowed = APIError(
        code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource", details: [:])

    static let notAcceptable = APIError(
        code: 406, reason: "NotAcceptable", message: "only the following media types are accepted: application/json")

    static func forbidden(_ caller: Caller, metric: String, namespace: String) -> APIError {
        APIError(
            code: 403, reason: "Forbidden",
            message: """
                \(metric).\(ExternalMetrics.group) is forbidden: User "\(caller.name)" cannot list resource "\(metric)" \
                in API group "\(ExternalMetrics.group)" in the namespace "\(namespace)"
                """,
            details: ["group": .string(ExternalMetrics.group), "kind": .string(metric)])
    }

    static func unknownMetric(_ name: String) -> APIError {
        APIError(
            code: 404, reason: "NotFound", message: "\(name).\(ExternalMetrics.group) not found",
            details: ["group": .string(ExternalMetrics.group), "kind": .string(name)])
    }

    static func badRequest(_ message: String) -> APIError { APIError(code: 400, reason: "BadRequest", message: message) }

    /// Without `Retry-After`: otherwise Kubernetes' clients, including the autoscaler, would wait and retry on their own.
    static func unavailable(_ message: String) -> APIError { APIError(code: 503, reason: "ServiceUnavailable", message: message) }
}
