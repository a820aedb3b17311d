import AsyncHTTPClient
import KubernetesClient
import NIOCore
import NIOHTTP1
import Synchronization
import Terminal
import WireFormats

/// A service that is talked to through a port that pfctl forwards for itself.
struct ForwardedService: Sendable {
    /// A service and the port that its pods listen on.
    enum Target: String, Sendable {
        case api, auth, web

        var port: Int {
            switch self {
            case .api: 8080
            case .auth: 50051
            case .web: 3000
            }
        }
    }

    private static let maximumAnswer = 32 << 20

    private let forwarding: PortForwarding
    private let http: HTTPClient
    private let token: String?
    private let failures = ForwardFailures()

    /// - Parameter pod: A pod that is known to be ready; nil to look for a ready one at each connection.
    static func open(_ target: Target, pod: String? = nil, session: Session, token: String?) async throws -> ForwardedService {
        let client = try session.client()
        let first = PodSelection(first: pod)
        let release = session.global.release
        let forwarding = try await client.forwardPort { try await first.pod(of: target, release: release, client) }
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
        return ForwardedService(forwarding: forwarding, http: http, token: token)
    }

    private init(forwarding: PortForwarding, http: HTTPClient, token: String?) {
        self.forwarding = forwarding
        self.http = http
        self.token = token
        failures.read(forwarding.events)
    }

    var localPort: Int { forwarding.localPort }

    /// Does not wait for connections to be taken leave of: one that hangs would hold up the command.
    func close() async {
        try? await http.shutdown()
        Task { [forwarding] in await forwarding.close() }
    }

    func get(_ path: String, timeout: Duration) async throws -> JSONValue {
        try await send(.GET, path, timeout: timeout)
    }

    /// Sends a request and reads the JSON of its response.
    /// - Throws: `CommandError` with the error of the service, or if it cannot be reached.
    func send(_ method: HTTPMethod, _ path: String, body: JSONValue? = nil, timeout: Duration) async throws -> JSONValue {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(localPort)\(path)")
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.text()))
        }
        let (status, bytes) = try await answer(to: request, timeout: timeout)
        let json = bytes.isEmpty ? JSONValue.null : try? JSONValue(parsing: bytes)
        guard (200..<300).contains(status) else { throw Self.refusal(status, json, hasToken: token != nil) }
        guard let json else { throw CommandError(.failed, "the response to \(path) is not JSON") }
        return json
    }

    private func answer(to request: HTTPClientRequest, timeout: Duration) async throws -> (status: Int, body: [UInt8]) {
        do {
            let response = try await http.execute(request, timeout: .nanoseconds(Int64(timeout / .nanoseconds(1))))
            let body = try await response.body.collect(upTo: Self.maximumAnswer)
            return (Int(response.status.code), Array(body.readableBytesView))
        } catch let error as CancellationError {
            throw error
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw failures.last ?? CommandError(.timedOut, "the service did not answer in time")
        } catch {
            throw failures.last ?? CommandError(.unreachable, "the connection to the service was lost")
        }
    }

    /// The words of the service's problem+json.
    private static func refusal(_ status: Int, _ json: JSONValue?, hasToken: Bool) -> CommandError {
        let text = json?["detail"]?.stringValue ?? json?["title"]?.stringValue ?? "it answered \(status)"
        let code = json?["code"]?.stringValue.map { " (\($0))" } ?? ""
        switch status {
        case 401 where hasToken:
            return CommandError(.unreachable, "the service rejected the token: \(text)\(code)", hint: "log in again")
        case 401, 403: return CommandError(.unreachable, "the service denied access: \(text)\(code)")
        default: return CommandError(.failed, "the service returned an error: \(text)\(code)")
        }
    }
}

extension ForwardedService {
    /// Lets a body talk to a service, and closes the port afterwards, whatever comes of it.
    static func using<Result: Sendable>(
        _ target: Target, in session: Session, token: String?, _ body: (ForwardedService) async throws -> Result
    ) async throws -> Result {
        let service = try await open(target, session: session, token: token)
        do {
            let result = try await body(service)
            await service.close()
            return result
        } catch {
            await service.close()
            throw error
        }
    }
}

/// Which pod of a service a connection goes to: one that is ready, and another one once that is gone.
final class PodSelection: Sendable {
    private let first: Mutex<String?>

    /// - Parameter first: A pod that is known to be ready, taken for the first connection.
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

/// Why connections through a forwarded port failed: the local end only sees that they are closed.
final class ForwardFailures: Sendable {
    private let failure = Mutex<CommandError?>(nil)

    var last: CommandError? { failure.withLock { $0 } }

    /// The cluster was reached: that the pod was not is another matter.
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
