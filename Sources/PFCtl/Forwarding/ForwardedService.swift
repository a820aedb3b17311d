import AsyncHTTPClient
import KubernetesClient
import NIOCore
import NIOHTTP1

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

    /// - Parameter pod: A pod that is known to be ready; nil for any that is, looked for at each connection.
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

    /// Sends a call and reads the JSON of its answer.
    /// - Throws: `CommandFailure` with what the service says is wrong, or that it cannot be reached.
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
        guard let json else { throw CommandFailure(.failed, "the service's answer to \(path) is not JSON") }
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
            throw failures.last ?? CommandFailure(.timedOut, "the service did not answer in time")
        } catch {
            throw failures.last ?? CommandFailure(.unreachable, "the connection to the service broke")
        }
    }

    /// The words of the service's problem+json.
    private static func refusal(_ status: Int, _ json: JSONValue?, hasToken: Bool) -> CommandFailure {
        let text = json?["detail"]?.stringValue ?? json?["title"]?.stringValue ?? "it answered \(status)"
        let code = json?["code"]?.stringValue.map { " (\($0))" } ?? ""
        switch status {
        case 401 where hasToken:
            return CommandFailure(.unreachable, "the service does not accept the token: \(text)\(code)", hint: "log in again")
        case 401, 403: return CommandFailure(.unreachable, "the service does not allow it: \(text)\(code)")
        default: return CommandFailure(.failed, "the service refused: \(text)\(code)")
        }
    }
}
