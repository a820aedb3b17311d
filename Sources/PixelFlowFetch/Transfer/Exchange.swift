import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PixelFlowCore
import PixelFlowURL
import ServerCertificates
import WireFormats

/// Sends one request to one address and collects the response, on its own connection.
struct Exchange: Sendable {
    let group: any EventLoopGroup
    let tls: TLSTrust
    let connectTimeout: Duration
    let userAgent: String

    /// - Throws: `ConnectError` if no connection was made, `PixelFlowError` if the response is too large, `CancellationError`, or a network
    ///   or protocol error.
    func get(_ url: SourceURL, at address: IPAddress, limit: Int) async throws -> FetchResponse {
        try await send(requestHead(for: url), to: url, at: address, reader: { SourceReader(limit: limit) })
    }

    /// - Parameters:
    ///   - onSend: called when the connection is established and the request is about to be sent.
    ///   - reader: parses the response.
    /// - Throws: the errors of `get`, or those of the reader.
    func send<Reader: ResponseReader>(
        _ head: HTTPRequestHead, body: ByteBuffer? = nil, to url: SourceURL, at address: IPAddress,
        onSend: @escaping @Sendable () -> Void = {}, reader: @escaping @Sendable () -> Reader
    ) async throws -> Reader.Response {
        // Checked first: a fast response could fulfil the promise before the cancellation fails it.
        try Task.checkCancellation()
        let loop = group.any()
        let response = loop.makePromise(of: Reader.Response.self)
        let channel: any Channel
        do {
            channel = try await connect(url, to: address, on: loop) {
                ResponseCollector(request: head, body: body, reader: reader(), promise: response, onSend: onSend)
            }
        } catch {
            response.fail(error)
            throw error
        }
        do {
            let value = try await response.valueOrCancellation()
            return value
        } catch {
            // The collector closes the connection when it is done; this handles a cancelled task.
            channel.closeNow()
            throw error
        }
    }

    private func connect(
        _ url: SourceURL, to address: IPAddress, on loop: any EventLoop, _ collector: @escaping @Sendable () -> any ChannelHandler
    ) async throws -> any Channel {
        let target = try SocketAddress(ipAddress: address.description, port: url.port)
        let connected = loop.makePromise(of: (any Channel).self)
        let context = url.scheme == .https ? tls.context : nil
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(connectTimeout))
            .channelInitializer { channel in
                // If the task is cancelled before the connection is established, the attempt is abandoned here.
                connected.futureResult.whenFailure { _ in channel.close(promise: nil) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(ServerCertificate.handler(for: url.host.text, context: context))
                    }
                    try pipeline.addHandler(LocationEncoder())
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(collector())
                }
            }
            .connect(to: target)
            .cascade(to: connected)
        do {
            return try await connected.valueOrCancellation()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ConnectError(address: address, cause: error)
        }
    }

    private func requestHead(for url: SourceURL) -> HTTPRequestHead {
        let headers: HTTPHeaders = [
            "Host": url.authority,
            "User-Agent": userAgent,
            "Accept": "image/*,*/*;q=0.5",
            "Accept-Encoding": "identity",
            "Connection": "close",
        ]
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: url.target, headers: headers)
    }
}

extension SourceURL {
    /// The value of the `Host` header.
    var authority: String { host.urlText + (port == scheme.defaultPort ? "" : ":\(port)") }
}

/// The connection to an address failed; another address of the same name may work.
struct ConnectError: Error, CustomStringConvertible {
    var address: IPAddress
    var cause: any Error
    var description: String { "\(address): \(cause)" }
}
