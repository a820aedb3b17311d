import AsyncHTTPClient
import AsyncPrimitives
import NIOCore
import NIOHTTP1

/// Sends calls to the server: handles addresses, TLS, credentials, one retry after a rejection, and error messages.
final class APITransport: Sendable {
    let configuration: ClusterConfiguration
    let address: ServerAddress
    let tls: TLSSettings
    let proxy: ProxyAddress?
    let credentials: CredentialStore
    let group: any EventLoopGroup
    private let client: HTTPClient
    /// For responses that may be silent for hours, such as the log of a container that writes nothing.
    private let patientClient: HTTPClient

    /// The largest response to one call. Exceeds any real list of 500 objects, although one object may have 1.5 MiB.
    private static let maximumBody = 256 << 20
    private static let maximumProblem = 1 << 20
    /// Each watch and each followed log occupies a connection.
    private static let maximumConnections = 256

    init(_ configuration: ClusterConfiguration, group: any EventLoopGroup, credentials: CredentialStore? = nil) throws {
        self.configuration = configuration
        self.group = group
        self.credentials = credentials ?? CredentialStore(configuration)
        address = try ServerAddress(configuration.server)
        tls = try TLSSettings(configuration)
        proxy = try configuration.proxyURL.map { try ProxyAddress($0) }
        var settings = HTTPClient.Configuration(tlsConfiguration: tls.base, redirectConfiguration: .disallow)
        settings.httpVersion = .http1Only
        settings.timeout.connect = TimeAmount(configuration.connectTimeout)
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.maximumConnections
        settings.proxy = proxy?.forHTTPClient
        // Not only for debugging: the client offers no other way to set options of its connections.
        settings.http1_1ConnectionDebugInitializer = { KeepAlive.enable(on: $0) }
        if let name = configuration.tlsServerName { settings.dnsOverride = [name: address.host] }
        patientClient = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
        settings.timeout.read = .seconds(Self.longestWatch + 30)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
    }

    /// Seconds after which the server ends a watch.
    static let longestWatch: Int64 = 600

    func shutdown() async {
        try? await client.shutdown()
        try? await patientClient.shutdown()
    }

    /// The complete response, with any status.
    func response(to request: APIRequest) async throws -> RawResponse {
        do {
            return try await cancelling(after: configuration.requestTimeout, throwing: HTTPClientError.deadlineExceeded) { [self] in
                let response = try await send(request, client, deadline: .distantFuture)
                let body = try await response.body.collect(upTo: Self.maximumBody)
                return RawResponse(status: Int(response.status.code), body: Array(body.readableBytesView))
            }
        } catch {
            throw try await describe(error)
        }
    }

    /// The body of a 2xx response.
    func body(of request: APIRequest) async throws -> [UInt8] {
        let response = try await response(to: request)
        guard response.isSuccess else { throw try await refusal(response) }
        return response.body
    }

    /// The streamed body of a 2xx response, whose end the server determines.
    ///
    /// - Parameter mayBeSilent: whether even the head of the response may take hours. Then only TCP's keep-alive detects that the server is
    ///   gone.
    func stream(_ request: APIRequest, mayBeSilent: Bool = false) async throws -> HTTPClientResponse.Body {
        let deadline = mayBeSilent ? .distantFuture : NIODeadline.now() + TimeAmount(configuration.requestTimeout)
        let response = try await send(request, mayBeSilent ? patientClient : client, deadline: deadline)
        guard !(200..<300).contains(response.status.code) else { return response.body }
        let body = try? await cancelling(after: configuration.requestTimeout, throwing: HTTPClientError.deadlineExceeded) {
            try await response.body.collect(upTo: Self.maximumProblem)
        }
        throw try await refusal(RawResponse(status: Int(response.status.code), body: body.map { Array($0.readableBytesView) } ?? []))
    }

    private func send(_ request: APIRequest, _ client: HTTPClient, deadline: NIODeadline) async throws -> HTTPClientResponse {
        let used = try await credentials.current()
        let response = try await execute(request, used, client, deadline: deadline)
        guard response.status == .unauthorized, await credentials.refused(used) else { return response }
        return try await execute(request, try await credentials.current(), client, deadline: deadline)
    }

    private func execute(
        _ request: APIRequest, _ credentials: RequestCredentials, _ client: HTTPClient, deadline: NIODeadline
    ) async throws -> HTTPClientResponse {
        var outgoing = HTTPClientRequest(url: url(request.target))
        outgoing.method = request.method
        outgoing.headers = headers(credentials)
        outgoing.headers.add(name: "Accept", value: request.accept)
        if let body = request.body {
            outgoing.headers.add(name: "Content-Type", value: request.contentType)
            outgoing.body = .bytes(ByteBuffer(bytes: body))
        }
        if credentials.identity != nil { outgoing.tlsConfiguration = tls.with(credentials.identity) }
        do {
            return try await client.execute(outgoing, deadline: deadline)
        } catch {
            throw try await describe(error)
        }
    }

    private func url(_ target: String) -> String {
        let host = configuration.tlsServerName ?? address.host
        let authority = host.contains(":") ? "[\(host)]" : host
        return "\(address.isSecure ? "https" : "http")://\(authority):\(address.port)\(address.path)\(target)"
    }

    /// The headers of every request, including the upgrade of a forwarded port.
    func headers(_ credentials: RequestCredentials) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Host": address.authority, "User-Agent": configuration.userAgent]
        if let authorization = credentials.authorization { headers.add(name: "Authorization", value: authorization) }
        guard let impersonation = configuration.user.impersonation else { return headers }
        if let user = impersonation.user { headers.add(name: "Impersonate-User", value: user) }
        if let uid = impersonation.uid { headers.add(name: "Impersonate-Uid", value: uid) }
        for group in impersonation.groups { headers.add(name: "Impersonate-Group", value: group) }
        for (key, values) in impersonation.extra.sorted(by: { $0.key < $1.key }) {
            for value in values { headers.add(name: "Impersonate-Extra-\(PathEscaping.query([(key, "")]).dropLast())", value: value) }
        }
        return headers
    }
}
