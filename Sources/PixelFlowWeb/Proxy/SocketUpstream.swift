import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle

/// Forwards WebSockets to a service: first the handshake, unchanged, and then the bytes in both directions.
struct SocketUpstream: Sendable {
    /// The maximum size of the body of a rejection, in bytes.
    private static let refusalBytes = 64 * 1024

    /// The service's response to the handshake.
    enum Handshake: Sendable {
        case opened(NIOLoopBound<SocketRelay.Side>, HTTPFields)
        case refused(NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>)
    }

    let upstream: Upstream

    /// Opens a WebSocket to the service, and forwards the service's response to the client.
    ///
    /// - Parameters:
    ///   - path: starts at the root of the service and includes the query.
    ///   - headers: those of the client, plus all others to forward.
    /// - Throws: `…_unavailable` (503) if the service does not respond.
    func relay(_ path: String, headers: HTTPFields, _ context: AppRequestContext) async throws -> Response {
        switch try await upstream.connect(path, headers: headers, on: context.eventLoop, Self.upgrade) {
        case .opened(let service, let accepted):
            let opened = Opened(service, on: context.eventLoop) { $0.close() }
            return context.upgrade(
                to: "websocket", headers: accepted, handlers: { [] },
                own: { (client: SocketRelay.Side) in SocketRelay.connect(client, opened.take()) }
            ) { _ in
                // The connection is notified only once, perhaps before the relay started.
                await withGracefulShutdownHandler {
                } onGracefulShutdown: {
                    context.closeConnection()
                }
            }
        case .refused(let channel): return try await refusal(channel)
        }
    }

    // MARK: The handshake

    @Sendable private static func upgrade(_ channel: any Channel, _ head: HTTPRequestHead) throws -> EventLoopFuture<Handshake> {
        let configuration = NIOTypedHTTPClientUpgradeConfiguration<Handshake>(
            upgradeRequestHead: head, upgraders: [SocketUpgrader()],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture { .refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel)) }
            })
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
        // The service's first frame may arrive together with its 101.
        pipeline.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
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

/// Accepts the service's 101 without checking `Sec-WebSocket-Accept`, which is up to the client.
private struct SocketUpgrader: NIOTypedHTTPClientProtocolUpgrader {
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {}

    func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool { true }

    func upgrade(channel: any Channel, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<SocketUpstream.Handshake> {
        channel.eventLoop.makeCompletedFuture {
            .opened(
                NIOLoopBound(try SocketRelay.Side(atEndOf: channel), eventLoop: channel.eventLoop),
                HTTPFields(upgradeResponse.headers).passedOn(without: ["content-length"]))
        }
    }
}
