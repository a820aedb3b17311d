import HTTPTypes
package import HummingbirdCore
package import Logging
package import Metrics
package import NIOCore
import NIOHTTP1
import WireFormats

/// HTTP/1.1 with limits on connections.
package struct GuardedHTTPChannel: ServerChildChannel {
    private let base: HTTP1Channel
    private let registry: ConnectionRegistry
    private let metrics: ConnectionMetrics?

    /// - Parameters:
    ///   - registry: the registry of the process, shared by all of its servers.
    ///   - service: the name under which connections are counted, such as `api`; nil to not count them.
    package init(
        _ responder: @escaping HTTPChannelHandler.Responder, registry: ConnectionRegistry, service: String?,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        let limits = registry.limits
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes, maxHeaderFieldCount: limits.headerCount)
        base = HTTP1Channel(
            responder: { request, writer, channel in
                let pace = RequestPace.current
                defer { pace?.requestEnded() }
                if pace?.isFast == true, !request.mayOpenStream { return try await responder(request, writer, channel) }
                let writer = WriterHandle(writer)
                // Starts on the thread of the connection's task: waking another one would cost more than many requests do.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addImmediateTask { try await responder(request, try writer.take(), channel) }
                    try await group.next()
                }
            }, configuration: .init(httpDecoderConfiguration: decoder))
        self.registry = registry
        metrics = service.map { ConnectionMetrics(service: $0, factory: factory) }
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        // Connections of a flood are closed before anything is set up for them. The address is not cached yet at this point.
        let address = (try? channel._channelCore.remoteAddress0())?.ipAddress.flatMap(IPAddress.peer)
        if let address, registry.isExhausted(for: address) {
            metrics?.refused(.addressLimit)
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        return base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let connection = ConnectionGuard(registry: registry, metrics: metrics)
            try pipeline.addHandler(connection, position: .first)
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(RequestObserver(connection), position: .after(decoder))
            return value
        }
    }

    package func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await RequestPace.$current.withValue(RequestPace()) { await base.handle(value: value, logger: logger) }
    }
}

/// Decides whether a request of a connection needs a task of its own.
///
/// A task keeps the memory of its deepest call, and the task of a connection lives as long as the connection. With a task for
/// each request, a connection between two requests is small, but creating the task takes a seventh of the processor time of a short request.
/// So requests that closely follow each other do without; such a connection is large until it is closed for being idle.
///
/// `@unchecked Sendable`: used only by the task of the connection.
private final class RequestPace: @unchecked Sendable {
    @TaskLocal static var current: RequestPace?

    private static let longestPause = Duration.milliseconds(250)
    private var previousEnd: ContinuousClock.Instant?

    /// Whether the previous request has only just ended.
    var isFast: Bool { previousEnd.map { ContinuousClock.now - $0 < Self.longestPause } ?? false }

    func requestEnded() { previousEnd = .now }
}

extension Request {
    /// Whether the response may last as long as the connection.
    fileprivate var mayOpenStream: Bool {
        headers[.upgrade] != nil || headers[.accept]?.contains("text/event-stream") == true
    }
}

/// Unchecked `Sendable`: the task of a connection passes it to that of a request and waits for it.
private final class WriterHandle: @unchecked Sendable {
    private var writer: ResponseWriter?

    init(_ writer: consuming ResponseWriter) { self.writer = consume writer }

    func take() throws -> ResponseWriter {
        guard let writer = writer.take() else { throw ChannelError.ioOnClosedChannel }
        return writer
    }
}

/// Stops a server from accepting while the process has as many connections as its file descriptors allow.
package final class AcceptGate: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias InboundOut = any Channel
    package typealias OutboundIn = Never

    private let registry: ConnectionRegistry
    private var isWaiting = false

    init(registry: ConnectionRegistry) { self.registry = registry }

    /// Installs a gate at the front of the pipeline of a listening server.
    package static func install(on server: any Channel, registry: ConnectionRegistry) async throws {
        try await server.eventLoop.submit {
            try server.pipeline.syncOperations.addHandler(AcceptGate(registry: registry), position: .first)
        }.get()
    }

    package func read(context: ChannelHandlerContext) {
        guard !isWaiting else { return }
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        if registry.mayAccept(orLater: { loop.execute { bound.value.gate.goOn(bound.value.context) } }) {
            context.read()
        } else {
            isWaiting = true
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let registry = registry
        registry.accepted()
        unwrapInboundIn(data).closeFuture.whenComplete { _ in registry.released() }
        context.fireChannelRead(data)
    }

    private func goOn(_ context: ChannelHandlerContext) {
        isWaiting = false
        if context.channel.isActive { read(context: context) }
    }
}
