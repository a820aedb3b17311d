package import HTTPTypes
package import Hummingbird
package import NIOCore
package import NIOHTTP1

extension AppRequestContext {
    /// Answers 101 and hands the connection to another protocol. Its handlers stand between HTTP's, which Hummingbird owns, and the
    /// socket. `ConnectionGuard` goes on counting the connection, and closes it when its peer does not read.
    ///
    /// - Parameters:
    ///   - headers: beside `Connection` and `Upgrade`.
    ///   - handlers: between the socket and the connection's messages, from the socket on; empty where those are bytes.
    ///   - own: makes the connection's owner, on its event loop.
    ///   - operation: what the task of the request still does for it; the connection outlives it, unless it throws.
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
                // The head is on its way to the event loop, so this comes after it. The end of the answer is never written: until then,
                // its connection is not one that waits for a request.
                let owner = try await channel.eventLoop.submit {
                    NIOLoopBound(try LoopConnection.takeOver(channel, handlers(), own), eventLoop: channel.eventLoop)
                }.get()
                try await operation(owner)
            })
    }

    /// Takes the rest of the answer, whose head has been written, from the task of its request. To be called as the last thing that a
    /// body does.
    ///
    /// - Parameter take: is called on the event loop of the connection.
    package func continueOnLoop(_ take: @escaping @Sendable (AnswerTail) -> Void) async throws {
        let channel = self.channel
        let hasOthers = try await channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let observer = try pipeline.handler(type: RequestObserver.self)
            let connection = AnswerTail.Connection(hasEnded: observer.hasInputEnded)
            try pipeline.addHandler(connection, position: .after(observer))
            take(AnswerTail(connection, observer))
            return observer.hasWaitingRequests
        }.get()
        // Requests that came right behind this one must not be run: the connection ends with this answer, and they have none.
        if hasOthers { try await channel.closeFuture.get() }
    }

    /// Of the connection.
    package var eventLoop: any EventLoop { channel.eventLoop }

    /// Ends the connection at once.
    package func closeConnection() { channel.close(promise: nil) }
}

extension LoopConnection {
    /// Takes a connection over from HTTP, with all that has come since the 101. To be called on its event loop.
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
        // Its event has passed by already. It comes after the bytes.
        if observer.hasInputEnded { connection.endInput() }
        return owner
    }
}

/// The rest of an answer, written on the event loop of its connection. What the client sends meanwhile is dropped, and the
/// connection ends with the answer.
package final class AnswerTail {
    package typealias Connection = LoopConnection<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Tells when the client is gone. What it says is of no interest.
    package let connection: Connection
    private let observer: RequestObserver

    fileprivate init(_ connection: Connection, _ observer: RequestObserver) {
        self.connection = connection
        self.observer = observer
    }

    /// Succeeds once the socket has taken the bytes, of which there must be some.
    package func send(_ parts: [ByteBuffer], promise: EventLoopPromise<Void>?) {
        connection.send(parts.map { .body(.byteBuffer($0)) }, promise: promise)
    }

    /// Ends the answer, and soon after it the connection.
    package func finish() {
        connection.send([.end(nil)], promise: nil)
        observer.endConnection()
    }
}

extension Request {
    /// Whether the client wants to continue with WebSocket, as of RFC 6455. An `Upgrade` that `Connection` does not name was meant for
    /// somebody else on the way.
    package var asksForWebSocket: Bool {
        method == .get && headers[.upgrade]?.lowercased() == "websocket" && headers.connectionOptions.contains("upgrade")
    }
}

extension HTTPFields {
    /// What `Connection` names, in lower case.
    package var connectionOptions: Set<String> {
        Set(self[values: .connection].flatMap { $0.split(separator: ",") }.map { $0.lowercased().filter { !$0.isWhitespace } })
    }
}

extension HTTPRequestHead {
    /// Whether the client asks for another protocol: nothing after this request is read as HTTP.
    var asksForUpgrade: Bool {
        headers.contains(name: "upgrade") && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }
}
