import KubernetesClient
import WireFormats

/// An error in the format of Kubernetes' `Status`.
struct StatusResponse: Error {
    let code: Int
    let reason: String
    let message: String
    var details: JSONValue = [:]

    var body: JSONValue {
        [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
            "reason": .string(reason), "details": details, "code": .integer(code),
        ]
    }

    static let unauthorized = StatusResponse(code: 401, reason: "Unauthorized", message: "Unauthorized")

    static func notFound(_ target: RequestTarget) -> StatusResponse {
        StatusResponse(
            code: 404, reason: "NotFound", message: "\(target.qualifiedPlural) \"\(target.name ?? "")\" not found", details: target.details)
    }

    static func forbidden(_ target: RequestTarget, verb: String, user: String) -> StatusResponse {
        let resource = target.plural + (target.subresource.map { "/\($0)" } ?? "")
        let scope = target.namespace.map { " in the namespace \"\($0)\"" } ?? " at the cluster scope"
        let object = target.qualifiedPlural + (target.name.map { " \"\($0)\"" } ?? "")
        return StatusResponse(
            code: 403, reason: "Forbidden",
            message:
                "\(object) is forbidden: User \"\(user)\" cannot \(verb) resource \"\(resource)\" in API group \"\(target.group)\"\(scope)",
            details: target.details)
    }

    static func conflict(_ target: RequestTarget) -> StatusResponse {
        StatusResponse(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(target.qualifiedPlural) \"\(target.name ?? "")\": the object has been modified; "
                + "please apply your changes to the latest version and try again",
            details: target.details)
    }

    static func alreadyExists(_ target: RequestTarget) -> StatusResponse {
        StatusResponse(
            code: 409, reason: "AlreadyExists", message: "\(target.qualifiedPlural) \"\(target.name ?? "")\" already exists",
            details: target.details)
    }

    static func expired(from: Int, oldest: Int) -> StatusResponse {
        StatusResponse(code: 410, reason: "Expired", message: "too old resource version: \(from) (\(oldest))")
    }

    static func badRequest(_ message: String) -> StatusResponse {
        StatusResponse(code: 400, reason: "BadRequest", message: message)
    }

    static func invalid(_ target: RequestTarget, _ message: String) -> StatusResponse {
        StatusResponse(
            code: 422, reason: "Invalid", message: "\(target.qualifiedPlural) \"\(target.name ?? "")\" is invalid: \(message)",
            details: target.details)
    }
}
