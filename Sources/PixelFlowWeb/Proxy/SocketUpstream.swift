import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle

/// WebSockets to a service: the handshake is passed on as it is, and then the bytes in both directions.
struct SocketUpstream: Sendable {
    /// Time to connect and to have the handshake answered.
    private static let handshakeTime = TimeAmount.seconds(10)
    /// Bytes of a refusal.
    private static let refusalBytes = 64 * 1024

    /// What the service has answered to the handshake.
    enum Answer: Sendable {
        case opened(NIOLoopBound<SocketRelay.Side>, HTTPFields)
        case refused(NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>)
    }

    let upstream: Upstream

    /// Opens a WebSocket at the service, and answers the client with what the service says.
    ///
    /// - Parameters:
    ///   - path: from the root of the service, with the query.
    ///   - headers: those of the client with everything that is to be passed on.
    /// - Throws: `…_unavailable` (503) if the service does not answer.
    func relay(_ path: String, headers: HTTPFields, _ context: AppRequestContext) async throws -> Response {
        switch try await open(path, headers: headers, on: context.eventLoop) {
        case .opened(let service, let answer):
            let opened = OpenedSocket(service, on: context.eventLoop)
            return context.upgrade(
                to: "websocket", headers: answer, handlers: { [] },
                own: { (client: SocketRelay.Side) in SocketRelay.connect(client, opened.take()) }
            ) { _ in
                // The connection itself is told only once, perhaps before it was a relay.
                await withGracefulShutdownHandler {
                } onGracefulShutdown: {
                    context.closeConnection()
                }
            }
        case .refused(let channel): return try await refusal(channel)
        }
    }

    // MARK: The handshake

    /// - Parameter eventLoop: of the client's connection; the service's has the same.
    private func open(_ path: String, headers: HTTPFields, on eventLoop: any EventLoop) async throws -> Answer {
        guard let url = URLComponents(string: upstream.baseURL), let host = url.host else {
            throw PixelFlowError.unavailable(upstream.name)
        }
        // An IPv6 address is in brackets in a URL and in `Host`, and nowhere else.
        let name = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let isSecure = url.scheme == "https"
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        let port = url.port ?? (isSecure ? 443 : 80)
        var fields = HTTPHeaders([("host", url.port.map { "\(host):\($0)" } ?? host)])
        for field in headers { fields.add(name: field.name.rawName, value: field.value) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.percentEncodedPath + path, headers: fields)
        do {
            return try await ClientBootstrap(group: eventLoop)
                .connectTimeout(.seconds(3))
                .connect(host: name, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if isSecure {
                            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
                            try channel.pipeline.syncOperations.addHandler(
                                NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name))
                        }
                        return try Self.upgrade(channel, head)
                    }
                }.get()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw PixelFlowError.unavailable(upstream.name, cause: error)
        }
    }

    private static func upgrade(_ channel: any Channel, _ head: HTTPRequestHead) throws -> EventLoopFuture<Answer> {
        let deadline = channel.eventLoop.scheduleTask(in: handshakeTime) { channel.close(promise: nil) }
        let configuration = NIOTypedHTTPClientUpgradeConfiguration<Answer>(
            upgradeRequestHead: head, upgraders: [SocketUpgrader()],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture { .refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel)) }
            })
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
        // The service's first frame may come with its 101.
        pipeline.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
            .always { _ in deadline.cancel() }
    }

    private func refusal(_ channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>) async throws -> Response {
        var response = Response(status: .badGateway)
        var content = ByteBuffer()
        do {
            try await channel.executeThenClose { inbound, _ in
                for try await part in inbound {
                    switch part {
                    case .head(let head):
                        response.status = .init(code: Int(head.status.code), reasonPhrase: head.status.reasonPhrase)
                        response.headers = HTTPFields(head.headers).passedOn(without: ["content-length"])
                    case .body(let bytes):
                        content.writeImmutableBuffer(bytes)
                        guard content.readableBytes <= Self.refusalBytes else { throw PixelFlowError.unavailable(upstream.name) }
                    case .end: return
                    }
                }
                throw PixelFlowError.unavailable(upstream.name)
            }
        } catch let error where !(error is PixelFlowError || error is CancellationError) {
            throw PixelFlowError.unavailable(upstream.name, cause: error)
        }
        response.body = ResponseBody(byteBuffer: content)
        return response
    }
}

/// Takes the service's 101, whose `Sec-WebSocket-Accept` is the client's to check.
private struct SocketUpgrader: NIOTypedHTTPClientProtocolUpgrader {
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {}

    func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool { true }

    func upgrade(channel: any Channel, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<SocketUpstream.Answer> {
        channel.eventLoop.makeCompletedFuture {
            .opened(
                NIOLoopBound(try SocketRelay.Side(atEndOf: channel), eventLoop: channel.eventLoop),
                HTTPFields(upgradeResponse.headers).passedOn(without: ["content-length"]))
        }
    }
}
