import HTTPTypes
import Hummingbird
import HummingbirdCore
import KubernetesClient
import Logging
import NIOCore
import PixelFlowHTTP
import ServiceLifecycle
import WireFormats

/// Serves the metrics API over TLS.
struct MetricsAPIServer: Sendable {
    let api: MetricsAPI
    let authenticator: RequestHeaderAuthenticator
    let identity: ServingIdentity
    let metrics: AdapterMetrics
    let logger: Logger

    /// Go's clients keep idle connections for 90 seconds and should be the ones to close them.
    private static let idleTimeout: TimeAmount = .seconds(120)

    /// - Parameter onReady: called with the port once it is open.
    func service(host: String, port: Int, onReady: @escaping @Sendable (Int) -> Void) -> some ServiceLifecycle.Service {
        let identity = identity
        return Application(
            responder: CallbackResponder { (request, context: ConnectionContext) in try await respond(to: request, context) },
            server: HTTPServerBuilder { responder in
                let base = HTTP1Channel(responder: responder, configuration: .init(idleTimeout: Self.idleTimeout))
                return RenewableTLSChannel(base: base, identity: identity)
            },
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "pixelflow-metrics-adapter"),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? port) }, logger: logger)
    }

    private func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        let peer = try await context.channel.pipeline.handler(type: PeerCertificates.self).get()
        let headers = request.headers.map { (name: $0.name.rawName, value: $0.value) }
        let caller = await authenticator.caller(showing: peer.chain, headers: headers)
        let apiResponse = await api.respond(to: Self.question(request), from: caller)
        metrics.noteResponse(apiResponse.status)
        context.logger.debug("responded", metadata: ["path": .string(request.uri.path), "status": "\(apiResponse.status)"])
        return Self.response(apiResponse)
    }

    private static func question(_ request: Request) -> APIQuestion {
        var question = APIQuestion(method: request.method.rawValue, path: request.uri.path)
        question.query = APIQuestion.parameters(request.uri.query ?? "")
        question.accept = request.headers[values: .accept].joined(separator: ",")
        question.preconditions = Preconditions(request)
        return question
    }

    private static func response(_ apiResponse: APIResponse) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-cache, private", .vary: "Accept"]
        if let tag = apiResponse.entityTag { headers[.eTag] = tag }
        guard let body = apiResponse.body else { return Response(status: .init(code: apiResponse.status), headers: headers) }
        headers[.contentType] = apiResponse.type
        return Response(
            status: .init(code: apiResponse.status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body.text())))
    }
}

/// A request and its connection.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
