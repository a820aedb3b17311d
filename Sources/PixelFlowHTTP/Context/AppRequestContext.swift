package import Hummingbird
import Logging
package import NIOCore
package import PixelFlowCore

/// The context of a request in every service: its id, its principal, and a logger with both.
package struct AppRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Identifies the request in each log line and in the `x-request-id` of the response.
    package private(set) var requestID: String
    /// The authenticated caller; set by `AuthenticationMiddleware`.
    package var principal: Principal?
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        // Reuses the id that the server has generated for its own log lines.
        requestID = source.logger[metadataKey: Self.serverMetadataKey]?.description ?? RequestID().description
        logger[metadataKey: Self.serverMetadataKey] = nil
        logger[metadataKey: "request_id"] = .string(requestID)
    }

    /// Uses the id that the caller has given the request.
    mutating func adopt(requestID: String) {
        self.requestID = requestID
        logger[metadataKey: "request_id"] = .string(requestID)
    }

    /// The principal, for routes behind `AuthenticationMiddleware`.
    ///
    /// - Throws: `token_missing` (401) if there is none.
    package func requirePrincipal() throws(PixelFlowError) -> Principal {
        guard let principal else { throw .tokenMissing }
        return principal
    }

    /// The address of the peer of this connection, which may be a proxy: see `TrustedProxies`.
    package var peerAddress: SocketAddress? { channel.remoteAddress }

    /// Closes the connection after a delay, whatever the client is still sending.
    func closeConnection(after delay: TimeAmount) {
        let channel = channel
        channel.eventLoop.scheduleTask(in: delay) { channel.close(promise: nil) }
    }

    /// Asks the client to send the body that it is holding back (`Expect: 100-continue`).
    func askForBody() { channel.triggerUserOutboundEvent(ContinueRequest(), promise: nil) }

    private static let serverMetadataKey = "hb.request.id"
}
