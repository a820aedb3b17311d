import KubernetesClient
import WireFormats

/// Closes a connection without a response.
struct ConnectionClosed: Error {}

/// Responds to one call.
struct Responder {
    let memory: FakeClusterMemory
    let output: ResponseWriter

    func respond(_ request: FakeClusterRequest) async throws {
        do {
            if let fault = memory.withLock({ $0.takeFault(for: request) }) { return try await befall(fault) }
            guard let user = request.user else { throw StatusResponse.unauthorized }
            guard let target = RequestTarget(path: request.path) else { return try await respondUnnamed(request) }
            try await respond(request, target, user)
        } catch let failure as StatusResponse {
            try await output.failure(failure)
        }
    }

    private func befall(_ fault: FakeClusterFault.Effect) async throws {
        switch fault {
        case .status(let code, let reason, let message):
            throw StatusResponse(code: code, reason: reason ?? "InternalError", message: message)
        case .text(let code, let text): try await output.text(text, status: code)
        case .hang:
            // bounded: by the connection that is served.
            for await _ in openStream().signals {}
            throw ConnectionClosed()
        case .close: throw ConnectionClosed()
        }
    }

    private func respond(_ request: FakeClusterRequest, _ target: RequestTarget, _ user: FakeClusterUser) async throws {
        let resource = target.plural + (target.subresource.map { "/\($0)" } ?? "")
        let verb = request.verb(for: target)
        try memory.withLock { state in
            guard !state.removedGroups.contains(target.group) else { throw StatusResponse.noPage }
            guard state.isAllowed(user.name, verb, resource, target.namespace) else {
                throw StatusResponse.forbidden(target, verb: verb, user: user.name)
            }
        }
        switch (verb, target.subresource) {
        case ("watch", nil): try await watch(request, target)
        case ("get", "log"): try await log(request, target)
        case ("get", "portforward"): try memory.withLock { try $0.checkForward(request) }
        case ("create", nil) where target.plural == "selfsubjectaccessreviews":
            let review = memory.withLock { $0.reviewed(request.json ?? [:], for: user) }
            try await output.json(review, status: 201)
        case ("create", nil) where target.plural == "subjectaccessreviews":
            try await output.json(memory.withLock { $0.reviewed(request.json ?? [:]) }, status: 201)
        default:
            let response = try memory.withLock { state in
                let response = try state.respond(request, target, verb)
                state.notify()
                return response
            }
            try await output.json(response, status: verb == "create" ? 201 : 200)
        }
    }

    private func respondUnnamed(_ request: FakeClusterRequest) async throws {
        switch request.path {
        case "/version":
            try await output.json(["major": "1", "minor": "36", "gitVersion": "v1.36.0", "platform": "linux/amd64"])
        case "/readyz", "/livez", "/healthz": try await respondHealth(request)
        default:
            guard let discovered = memory.withLock({ $0.discovery(request.path) }) else { throw StatusResponse.noPage }
            try await output.json(discovered)
        }
    }

    private func respondHealth(_ request: FakeClusterRequest) async throws {
        let checks = memory.withLock { $0.readiness.map { (name: $0.check, isOK: $0.isOK) } }
        let isOK = checks.allSatisfy(\.isOK)
        guard request.query["verbose"] != nil || !isOK else { return try await output.text("ok") }
        let lines = checks.map { $0.isOK ? "[+]\($0.name) ok" : "[-]\($0.name) failed: reason withheld" }
        let name = request.path.dropFirst()
        try await output.text(
            (lines + ["\(name) check \(isOK ? "passed" : "failed")"]).joined(separator: "\n") + "\n", status: isOK ? 200 : 500)
    }
}

extension StatusResponse {
    static let noPage = StatusResponse(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
}

extension FakeClusterState {
    /// The resources of an API group's version, which exists unless it was removed.
    fileprivate func discovery(_ path: String) -> JSONValue? {
        let parts = path.split(separator: "/").map(String.init)
        let group = parts.first == "apis" && parts.count == 3 ? parts[1] : parts.first == "api" && parts.count == 2 ? "" : nil
        let known: Set = [
            "", "apps", "autoscaling", "batch", "metrics.k8s.io", "storage.k8s.io", "apiregistration.k8s.io", "authorization.k8s.io",
        ]
        guard let group, known.contains(group), !removedGroups.contains(group) else { return nil }
        let version = parts[parts.count - 1]
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(group.isEmpty ? version : "\(group)/\(version)"),
            "resources": [],
        ]
    }
}
