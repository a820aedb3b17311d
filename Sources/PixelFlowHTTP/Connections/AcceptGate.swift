package import NIOCore

/// Stops a server from accepting while the process has as many connections as its file descriptors allow.
package final class AcceptGate: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias InboundOut = any Channel
    package typealias OutboundIn = Never

    private let registry: ConnectionRegistry
    private var isWaiting = false

    init(registry: ConnectionRegistry) { self.registry = registry }

    /// Puts a gate before everything else in the pipeline of a server that listens.
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
