package import HTTPTypes
package import Hummingbird
package import NIOCore
package import NIOHTTP1

extension AppRequestContext {
    /// Responds with 101 and switches the connection to another protocol. The new handlers are placed between the socket and the HTTP
    /// handlers, which Hummingbird owns. `ConnectionGuard` continues to count the connection, and closes it if its peer does not read.
    ///
    /// - Parameters:
    ///   - headers: the header fields besides `Connection` and `Upgrade`.
    ///   - handlers: the handlers between the socket and the connection's messages, starting at the socket; empty if the messages are
    ///     bytes.
    ///   - own: creates the owner of the connection, on its event loop.
    ///   - operation: the remaining work of the request's task; the connection outlives it unless it throws.
    package func upgrade<Inbound, Outbound, Owner>(
        to name: String, headers: HTTPFields = [:], handlers: @escaping @Sendable () -> [any ChannelHandler],
        own: @escaping @Sendable (LoopConnection<Inbound, Outbound>) -> Owner,
        _ operation: @escaping @Sendable (NIOLoopBound<Owner>) async throws -> Void = { _ in }
    ) -> Response {
        var fields: HTTPFields = [.connection: "Upgrade", .upgrade: name]
        fields.append(contentsOf: headers)
        let channel = self.channel
        return Response(
            status: .switchingProtocols, headers: fields,
            body: ResponseBody { _ in
                // The head is on its way to the event loop, so this runs after it. The end of the response is never written: until then,
                // the connection does not count as waiting for a request.
                let owner = try await channel.eventLoop.submit {
                    NIOLoopBound(try LoopConnection.takeOver(channel, handlers(), own), eventLoop: channel.eventLoop)
                }.get()
                try await operation(owner)
            })
    }

    /// Takes over the rest of the response, whose head has been written, from the task of its request. Must be the last call in a body.
    ///
    /// - Parameter take: called on the event loop of the connection.
    package func continueOnLoop(_ take: @escaping @Sendable (ResponseTail) -> Void) async throws {
        let channel = self.channel
        let hasOthers = try await channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let observer = try pipeline.handler(type: RequestObserver.self)
            let connection = ResponseTail.Connection(hasEnded: observer.hasInputEnded)
            try pipeline.addHandler(connection, position: .after(observer))
            take(ResponseTail(connection, observer))
            return observer.hasWaitingRequests
        }.get()
        // Requests that directly followed this one must not run: the connection closes with this response.
        if hasOthers { try await channel.closeFuture.get() }
    }

    /// The event loop of the connection.
    package var eventLoop: any EventLoop { channel.eventLoop }

    /// Closes the connection immediately.
    package func closeConnection() { channel.close(promise: nil) }
}

extension LoopConnection {
    /// Takes over a connection from HTTP, with everything that has arrived since the 101. Must be called on its event loop.
    static func takeOver<Owner>(
        _ channel: any Channel, _ handlers: [any ChannelHandler], _ own: (LoopConnection) -> Owner
    ) throws -> Owner {
        let pipeline = channel.pipeline.syncOperations
        let observer = try pipeline.handler(type: RequestObserver.self)
        let connection = LoopConnection()
        let encoder = try pipeline.handler(type: HTTPResponseEncoder.self)
        try pipeline.addHandlers(handlers + [connection], position: .before(encoder))
        let owner = own(connection)
        observer.connectionUpgraded()
        // The event of the end has already passed. Report it after the bytes.
        if observer.hasInputEnded { connection.endInput() }
        return owner
    }
}

/// The rest of a response, written on the event loop of its connection. Input of the client is dropped, and the connection closes with the
/// response.
package final class ResponseTail {
    package typealias Connection = LoopConnection<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Reports when the client disconnects. Its messages are ignored.
    package let connection: Connection
    private let observer: RequestObserver

    init(_ connection: Connection, _ observer: RequestObserver) {
        self.connection = connection
        self.observer = observer
    }

    /// What happens to the connection of a response.
    package enum Event {
        /// The client has disconnected, or the connection has failed.
        case gone
        /// Whether the client accepts more.
        case writable(Bool)
        /// The process is stopping.
        case stopping
    }

    /// Calls `body` with what happens to the connection from now on.
    package func start(_ body: @escaping (Event) -> Void) {
        let connection = connection
        connection.start { event in
            switch event {
            case .failure, .ended: body(.gone)
            case .writable(let isWritable): body(.writable(isWritable))
            case .stopping: body(.stopping)
            // Further requests on this connection never receive a response, so they need not be read. A closed connection is detected
            // nevertheless.
            case .message(.head): connection.pause()
            case .message: break
            }
        }
    }

    /// Sends the bytes, of which there must be at least one. The promise succeeds when the socket has accepted them.
    package func send(_ parts: [ByteBuffer], promise: EventLoopPromise<Void>?) {
        connection.send(parts.map { .body(.byteBuffer($0)) }, promise: promise)
    }

    /// Ends the response, and shortly afterwards closes the connection.
    package func finish() {
        connection.send([.end(nil)], promise: nil)
        observer.endConnection()
    }
}

extension Request {
    /// Whether the client wants to switch to WebSocket, as defined in RFC 6455. An `Upgrade` that `Connection` does not list was meant for
    /// an intermediary.
    package var asksForWebSocket: Bool {
        method == .get && headers[.upgrade]?.lowercased() == "websocket" && headers.connectionOptions.contains("upgrade")
    }
}

extension HTTPFields {
    /// The options listed in `Connection`, in lower case.
    package var connectionOptions: Set<String> {
        Set(self[values: .connection].flatMap { $0.split(separator: ",") }.map { $0.lowercased().filter { !$0.isWhitespace } })
    }
}

extension HTTPRequestHead {
    /// Whether the client asks for another protocol: input after this request is not parsed as HTTP.
    var asksForUpgrade: Bool {
        headers.contains(name: "upgrade") && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }
}
