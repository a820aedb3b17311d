import AsyncHTTPClient
import KubernetesClient
import PixelFlowClient
import PixelFlowRelease
import Synchronization
import Terminal

/// A client of a service, connected through a port that pfctl forwards.
struct ForwardedService: Sendable {
    /// A service and the port that its pods listen on.
    enum Target: String, Sendable {
        case api, auth, web, worker

        var port: Int {
            switch self {
            case .api: 8080
            case .auth: 50051
            case .web: 3000
            case .worker: 8081
            }
        }
    }

    /// The identity used to call a service.
    enum Caller: Sendable {
        case anonymous
        /// - hint: What to do if the service rejects the token.
        case token(String, hint: String = "log in again")
        /// The user logged in by `pfctl login`. The token is renewed if it has expired or was revoked.
        case login(TokenSession)

        var hint: String? {
            switch self {
            case .anonymous: nil
            case .token(_, let hint): hint
            case .login: "log in again"
            }
        }
    }

    /// Nil if the service is called at its own address.
    private let forwarding: PortForwarding?
    private let http: HTTPClient
    private let client: PixelFlowClient
    private let failures = ForwardFailures()
    private let caller: Caller

    private init(url: String, forwarding: PortForwarding?, caller: Caller, timeout: Duration, retries: RetryOptions) {
        self.forwarding = forwarding
        self.caller = caller
        // Not the shared client, whose connections would outlive the forwarded port.
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .pixelFlow)
        var client = PixelFlowClient(
            Endpoints(auth: url, api: url), retries: retries, requestTimeout: timeout, userAgent: "pfctl/\(Release.version)", http: http)
        switch caller {
        case .anonymous: break
        case .token(let token, _): client.token = token
        case .login(let login): client.sessions = login
        }
        self.client = client
        if let forwarding { failures.read(forwarding.events) }
    }

    /// Runs a body with a service, and always closes the port afterwards.
    /// - Parameters:
    ///   - pod: A pod that is known to be ready; nil to look for a ready one at each connection.
    ///   - timeout: The timeout of one call; nil for that of the options.
    ///   - retries: None by default, because an operator wants to see a failure immediately.
    static func using<Result: Sendable>(
        _ target: Target, pod: String? = nil, in session: Session, as caller: Caller, timeout: Duration? = nil,
        retries: RetryOptions = .none,
        _ body: (ForwardedService) async throws -> Result
    ) async throws -> Result {
        let cluster = try session.client()
        let first = PodSelection(first: pod)
        let release = session.global.release
        let forwarding = try await cluster.forwardPort { try await first.pod(of: target, release: release, cluster) }
        let service = ForwardedService(
            url: "http://127.0.0.1:\(forwarding.localPort)", forwarding: forwarding, caller: caller,
            timeout: timeout ?? session.global.requestTimeout, retries: retries)
        return try await service.closing(after: body)
    }

    /// Runs a body with a service at its own address, without a cluster.
    static func using<Result: Sendable>(
        url: String, in session: Session, as caller: Caller, retries: RetryOptions, _ body: (ForwardedService) async throws -> Result
    ) async throws -> Result {
        try await ForwardedService(
            url: url, forwarding: nil, caller: caller, timeout: session.global.requestTimeout, retries: retries
        ).closing(after: body)
    }

    private func closing<Result: Sendable>(after body: (ForwardedService) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(self)
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }

    /// Does not wait for connections to close, because one that hangs would delay the command.
    private func close() async {
        try? await http.shutdown()
        Task { [forwarding] in await forwarding?.close() }
    }

    /// Runs a body that calls the service.
    /// - Throws: `CommandError` with the error of the service, or the reason why it cannot be reached.
    func call<Result>(_ body: (PixelFlowClient) async throws -> Result) async throws -> Result {
        do {
            return try await body(client)
        } catch let problem as Problem {
            throw CommandError(problem, tokenHint: caller.hint)
        } catch let error as ClientError {
            switch error {
            case .timedOut: throw failures.last ?? CommandError(.timedOut, "the service did not respond in time")
            case .unreachable(let reason) where forwarding == nil: throw CommandError(.unreachable, reason)
            case .unreachable, .brokenOff: throw failures.last ?? CommandError(.unreachable, "the connection to the service was lost")
            default: throw CommandError(.failed, "\(error)")
            }
        }
    }
}

extension CommandError {
    /// - Parameter tokenHint: Nil if no token was sent.
    fileprivate init(_ problem: Problem, tokenHint: String?) {
        switch problem.status {
        case 401 where tokenHint != nil:
            self.init(.unreachable, "the service rejected the token: \(problem)", hint: tokenHint)
        case 401, 403: self.init(.unreachable, "the service denied access: \(problem)")
        default: self.init(.failed, "the service returned an error: \(problem)")
        }
    }
}

/// Selects the pod for connections to a service: a ready one, and another one if that is gone.
final class PodSelection: Sendable {
    private let first: Mutex<String?>

    /// - Parameter first: A pod that is known to be ready, used for the first connection.
    init(first: String? = nil) {
        self.first = Mutex(first)
    }

    func pod(of target: ForwardedService.Target, release: String?, _ client: ClusterClient) async throws -> PodPort {
        if let name = first.withLock({ $0.take() }) { return PodPort(pod: name, port: target.port) }
        let pods = try await client.list(Pod.self, in: .current, InstallationLabels.everything).items
        let ready = pods.filter { pod in
            pod.metadata.component == target.rawValue && release.map { $0 == pod.metadata.release } ?? true && PodHealth(pod).isReady
        }
        guard let pod = ready.min(by: { $0.name < $1.name }) else {
            throw KubernetesError(.notFound, "no pod of \(target.rawValue) is ready")
        }
        return PodPort(pod: pod.name, port: target.port)
    }
}

/// Records why connections through a forwarded port failed, because the local end only sees that they are closed.
final class ForwardFailures: Sendable {
    private let failure = Mutex<CommandError?>(nil)

    var last: CommandError? { failure.withLock { $0 } }

    /// The cluster itself is reachable, so an unreachable pod needs a different explanation.
    private static func explain(_ error: KubernetesError) -> CommandError {
        let failure = CommandError(error)
        guard error.kind == .unreachable else { return failure }
        return CommandError(failure.status, failure.message, hint: "see pfctl status and pfctl logs")
    }

    /// Reads until the port is closed.
    func read(_ events: AsyncStream<PortForwardEvent>) {
        Task {
            for await event in events {
                switch event {
                case .failed(_, let error): failure.withLock { $0 = Self.explain(error) }
                case .connected: failure.withLock { $0 = nil }
                case .closed: break
                }
            }
        }
    }
}
