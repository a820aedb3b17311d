import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PixelFlowCore
import Synchronization

extension Upstream {
    /// The time in which to connect and to receive a response.
    static let responseTime = TimeAmount.seconds(10)

    /// Opens a separate connection to the service, for a response that continues without a task.
    ///
    /// - Parameters:
    ///   - path: starts at the root of the service and includes the query.
    ///   - headers: those of the client, plus all others to forward.
    ///   - eventLoop: the event loop of the client's connection, which the service's connection shares.
    ///   - setUp: sets up the pipeline of the request, on the event loop.
    /// - Throws: `…_unavailable` (503) if the service does not respond.
    func connect<Value: Sendable>(
        _ path: String, headers: HTTPFields, on eventLoop: any EventLoop,
        _ setUp: @escaping @Sendable (any Channel, HTTPRequestHead) throws -> EventLoopFuture<Value>
    ) async throws -> Value {
        guard let url = URLComponents(string: baseURL), let host = url.host else { throw PixelFlowError.unavailable(name) }
        // An IPv6 address has brackets in a URL and in `Host`, but nowhere else.
        let serverName = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let isSecure = url.scheme == "https"
        let isAddress = (try? SocketAddress(ipAddress: serverName, port: 0)) != nil
        let port = url.port ?? (isSecure ? 443 : 80)
        var fields = HTTPHeaders([("host", url.port.map { "\(host):\($0)" } ?? host)])
        for field in headers { fields.add(name: field.name.rawName, value: field.value) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.percentEncodedPath + path, headers: fields)
        do {
            return try await ClientBootstrap(group: eventLoop)
                .connectTimeout(.seconds(3))
                .connect(host: serverName, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if isSecure {
                            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
                            try channel.pipeline.syncOperations.addHandler(
                                NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : serverName))
                        }
                        let deadline = channel.eventLoop.scheduleTask(in: Self.responseTime) { channel.close(promise: nil) }
                        return try setUp(channel, head).always { _ in deadline.cancel() }
                    }
                }.get()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw PixelFlowError.unavailable(name, cause: error)
        }
    }
}

/// The service's side of a relay until its client takes it over. If that never happens, the connection to the service closes.
final class Opened<Side>: Sendable {
    private let side: NIOLoopBound<Side>
    private let eventLoop: any EventLoop
    private let close: @Sendable (Side) -> Void
    private let isTaken = Atomic(false)

    init(_ side: NIOLoopBound<Side>, on eventLoop: any EventLoop, close: @escaping @Sendable (Side) -> Void) {
        self.side = side
        self.eventLoop = eventLoop
        self.close = close
    }

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        eventLoop.execute { [side, close] in close(side.value) }
    }

    /// Must be called on the event loop.
    func take() -> Side {
        isTaken.store(true, ordering: .relaxed)
        return side.value
    }
}
