import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PixelFlowCore
import Synchronization

extension Upstream {
    /// Time to connect and to have a request answered.
    static let answerTime = TimeAmount.seconds(10)

    /// Opens a connection of its own to the service, for an answer that goes on without a task.
    ///
    /// - Parameters:
    ///   - path: from the root of the service, with the query.
    ///   - headers: those of the client with everything that is to be passed on.
    ///   - eventLoop: of the client's connection; the service's has the same.
    ///   - setUp: builds the pipeline for the request, on the event loop.
    /// - Throws: `…_unavailable` (503) if the service does not answer.
    func connect<Answer: Sendable>(
        _ path: String, headers: HTTPFields, on eventLoop: any EventLoop,
        _ setUp: @escaping @Sendable (any Channel, HTTPRequestHead) throws -> EventLoopFuture<Answer>
    ) async throws -> Answer {
        guard let url = URLComponents(string: baseURL), let host = url.host else { throw PixelFlowError.unavailable(name) }
        // An IPv6 address is in brackets in a URL and in `Host`, and nowhere else.
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
                        let deadline = channel.eventLoop.scheduleTask(in: Self.answerTime) { channel.close(promise: nil) }
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

/// The service's side of a connection whose client has not been told yet. If it never is, the connection to the service ends.
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

    /// To be called on the event loop.
    func take() -> Side {
        isTaken.store(true, ordering: .relaxed)
        return side.value
    }
}
