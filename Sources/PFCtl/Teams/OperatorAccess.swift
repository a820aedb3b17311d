import FoundationEssentials
import KubernetesClient
import PixelFlowClient
import Terminal
import WireFormats

/// Calls auth and api as the operator of the installation, with its service secret, which is readable only for those who may read its
/// Secrets.
enum OperatorAccess {
    static let variable = "PIXELFLOW_SERVICE_SECRET"

    /// Runs a body with auth.
    /// - Throws: `CommandError` if the secret cannot be found; `KubernetesError` if reading it is not permitted.
    static func withAuth<Result: Sendable>(in session: Session, _ body: (ForwardedService) async throws -> Result) async throws -> Result {
        try await withService(.auth, in: session, body)
    }

    /// Runs a body with a service.
    /// - Parameters:
    ///   - timeout: The timeout of one call; nil for that of the options.
    ///   - retries: Like for `ForwardedService.using`.
    /// - Throws: Like `withAuth`.
    static func withService<Result: Sendable>(
        _ target: ForwardedService.Target, in session: Session, timeout: Duration? = nil, retries: RetryOptions = .none,
        _ body: (ForwardedService) async throws -> Result
    ) async throws -> Result {
        let secret = try await serviceSecret(in: session)
        return try await ForwardedService.using(
            target, in: session,
            as: .token(
                secret,
                hint: "\(target) runs with an earlier service secret; pfctl rollout restart \(target) lets it read the current one"),
            timeout: timeout, retries: retries, body)
    }

    /// Found through auth's Deployment, because an installation may use a Secret with a name of its own.
    private static func serviceSecret(in session: Session) async throws -> String {
        let client = try session.client()
        let deployment = try await Installation.find(in: session).deployment("auth").workload
        let object = try await client.get(.deployments, deployment.name)
        let containers = object["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
        let variables = containers.flatMap { $0["env"]?.arrayValue ?? [] }
        let reference = variables.first { $0["name"]?.stringValue == variable }?["valueFrom"]?["secretKeyRef"]
        guard let name = reference?["name"]?.stringValue, let key = reference?["key"]?.stringValue else {
            throw CommandError(.failed, "\(deployment.reference) does not take \(variable) from a Secret")
        }
        let text = try await client.get(.secrets, name)["data"]?[key]?.stringValue
        guard let text, let bytes = Data(base64Encoded: text), !bytes.isEmpty else {
            throw CommandError(.failed, "secret/\(name) has no value for \(key)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
