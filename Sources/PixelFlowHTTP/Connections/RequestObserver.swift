import NIOCore
import NIOHTTP1
import WireFormats

/// Informs the guard of its connection where requests and responses begin and end, and rejects invalid requests. In the pipeline, it comes
/// after the HTTP/1.1 decoder and encoder.
final class RequestObserver: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let connection: ConnectionGuard
    /// Whether the client waits for a 100 (Continue) before it sends the body.
    private var isHeld = false
    /// The number of requests that await a response after the current one. The next response belongs to the first of them.
    private var waiting = 0
    /// Whether the last request asks for another protocol, after which the decoder stops reading.
    private var asksForUpgrade = false
    /// Whether the last request asks to close the connection after its response, so that nothing behind it is a request.
    private var asksForClose = false
    private var ignoresInput = false
    /// Whether the last request is HTTP/1.0.
    private var isOld = false
    private var isLastResponse = false

    init(_ connection: ConnectionGuard) { self.connection = connection }

    /// Whether requests are waiting behind the current one.
    var hasWaitingRequests: Bool { waiting > 1 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !ignoresInput else { return }
        switch unwrapInboundIn(data) {
        case .head(var head):
            guard !asksForClose else {
                ignoresInput = true
                return
            }
            guard head.isSound else { return connection.refuse(.malformed) }
            isHeld = head.waitsForContinue
            // HTTP/1.0 knows no chunks: only the end of the connection marks where a body of unknown length ends.
            asksForClose = head.isOld || !head.isKeepAlive
            asksForUpgrade = !asksForClose && head.asksForUpgrade
            isOld = head.isOld
            waiting += 1
            connection.headerEnded(isHeld: isHeld)
            if asksForClose {
                head.closeConnection()
                return context.fireChannelRead(wrapInboundOut(.head(head)))
            }
        case .body(let bytes):
            isHeld = false
            connection.bodyReceived(bytes: bytes.readableBytes)
        case .end:
            isHeld = false
            connection.requestEnded()
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? HTTPParserError {
        case .headerOverflow: connection.refuse(.headerSize)
        // The client disconnected in the middle of a request: inform its reader.
        case .invalidEOFState, nil: context.fireErrorCaught(error)
        default: connection.refuse(.malformed)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where waiting == 1 && (isHeld || asksForUpgrade || asksForClose) && !head.status.isInformational:
            // A final response instead of the 100: the client may or may not send the body, so the next bytes
            // on this connection are ambiguous. Or instead of the 101: the next bytes are not decoded. If the client has asked for the end,
            // the server closes the connection once everything is written.
            isLastResponse = isHeld || asksForUpgrade
            isHeld = false
            if isOld, !head.headers.contains(name: "content-length") { head.version = .http1_0 }
            head.headers.replaceOrAdd(name: "connection", value: "close")
            connection.responseBegan()
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head(let head):
            connection.responseBegan()
            if head.status == .switchingProtocols { connection.switching() }
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            waiting -= 1
            let isLast = connection.responseEnded()
            guard isLast || isLastResponse else { return }
            context.flush()
            connection.endAfterResponse()
        }
    }

    /// Call when the handlers of another protocol are installed for all bytes after the 101.
    func connectionUpgraded() { connection.upgraded() }

    /// Whether the client has closed its side.
    var hasInputEnded: Bool { connection.hasInputEnded }

    /// Ends the connection once its client has had time to read what has been written.
    func endConnection() { connection.endAfterResponse() }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is ContinueRequest else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if isHeld {
            isHeld = false
            connection.sendContinue()
        }
        promise?.succeed()
    }
}

extension HTTPRequestHead {
    /// Writes that the connection ends after the response, in the only form that the server understands. Fields that `Connection` lists
    /// besides are of this connection alone, and are removed.
    fileprivate mutating func closeConnection() {
        for option in headers[canonicalForm: "connection"].map({ $0.lowercased() }) where !Self.essential.contains(option) {
            headers.remove(name: option)
        }
        headers.replaceOrAdd(name: "connection", value: "close")
    }

    private static let essential: Set = ["host", "content-length", "transfer-encoding", "expect", "authorization", "cookie"]

    /// RFC 9110, section 10.1.1: only HTTP/1.1, and only if a body follows.
    var waitsForContinue: Bool {
        guard !isOld, headers.contains(name: "content-length") || headers.contains(name: "transfer-encoding") else {
            return false
        }
        return headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }

    /// HTTP/1.0, which has neither `Host` nor `Expect`.
    fileprivate var isOld: Bool { version.major < 1 || (version.major == 1 && version.minor == 0) }

    /// Whether the header is that of a valid request: RFC 9112, sections 3.2 and 6.1.
    fileprivate var isSound: Bool {
        let hosts = headers["host"]
        guard hosts.count == 1 || (hosts.isEmpty && isOld), hosts.allSatisfy(\.isHost) else { return false }
        guard method != .CONNECT, uri.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return false }
        if uri == "*" { return method == .OPTIONS }
        return uri.hasPrefix("/") || uri.hasAbsoluteForm
    }
}

extension String {
    /// Whether it has only the characters of a name, an address in brackets and a port (RFC 3986, section 3.2.2).
    fileprivate var isHost: Bool { Self.hostCharacters.containsAll(of: self) }

    private static let hostCharacters = ASCIISet.alphanumerics.union("-._~%!$&'()*+,;=:[]")

    /// `http://host/…`, as sent by a client that assumes a proxy.
    fileprivate var hasAbsoluteForm: Bool {
        let start = prefix(8).lowercased()
        return start.hasPrefix("http://") || start == "https://"
    }
}

extension HTTPResponseStatus {
    fileprivate var isInformational: Bool { code < 200 }
}
