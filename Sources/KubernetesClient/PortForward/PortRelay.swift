import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Relays the connections of a local port to pods.
struct PortRelay: Sendable {
    let transport: APITransport
    let namespace: String
    let target: PortForwarding.Target
    let events: AsyncStream<PortForwardEvent>.Continuation

    typealias LocalConnection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// One retry, in case the selected pod is gone.
    private static let attempts = 2
    private static let pingPeriod = Duration.seconds(30)

    func serve(_ listener: NIOAsyncChannel<LocalConnection, Never>) async {
        defer { events.finish() }
        await withDiscardingTaskGroup { group in
            try? await listener.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await relay(connection) }
                }
            }
            group.cancelAll()
        }
    }

    private func relay(_ local: LocalConnection) async {
        try? await local.executeThenClose { input, output in
            guard let (socket, pod) = await reachPod() else { return }
            events.yield(.connected(pod))
            do {
                try await socket.executeThenClose { incoming, outgoing in
                    try await exchange(input, output, incoming, outgoing, pod)
                }
                events.yield(.closed(pod))
            } catch let error as KubernetesError {
                events.yield(.failed(pod, error))
            } catch {
                events.yield(.closed(pod))
            }
        }
    }

    private func reachPod() async -> (WebSocket, PodPort)? {
        for _ in 0..<Self.attempts {
            var pod: PodPort?
            do {
                let found = try await target()
                pod = found
                return (try await dial(found), found)
            } catch {
                guard !Task.isCancelled else { return nil }
                events.yield(.failed(pod, error as? KubernetesError ?? KubernetesError(.unexpected, "\(error)")))
            }
        }
        return nil
    }

    private func dial(_ pod: PodPort) async throws -> WebSocket {
        let path = ResourceKind.pods.path(namespace: pod.namespace ?? namespace, name: pod.pod, subresource: "portforward")
        let request = APIRequest(.GET, path, query: [("ports", String(pod.port))])
        return try await transport.openWebSocket(request, protocol: PortForwardFrames.protocolName)
    }

    private enum Ending {
        case local
        case remote
        /// Sending failed; data received before may explain why.
        case sending
    }

    /// Runs until either side closes. The protocol cannot close one direction only.
    private func exchange(
        _ input: NIOAsyncChannelInboundStream<ByteBuffer>, _ output: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ incoming: NIOAsyncChannelInboundStream<WebSocketFrame>, _ outgoing: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ pod: PodPort
    ) async throws {
        try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask { await send(input, outgoing) }
            group.addTask {
                try await receive(incoming, output, outgoing, pod)
                return .remote
            }
            group.addTask {
                while (try? await Task.sleep(for: Self.pingPeriod)) != nil, (try? await outgoing.write(PortForwardFrames.ping)) != nil {}
                return .sending
            }
            defer { group.cancelAll() }
            while let ending = try await group.next(), ending == .sending {}
        }
    }

    private func send(_ input: NIOAsyncChannelInboundStream<ByteBuffer>, _ outgoing: NIOAsyncChannelOutboundWriter<WebSocketFrame>) async
        -> Ending
    {
        do {
            for try await bytes in input {
                guard (try? await outgoing.write(PortForwardFrames.data(bytes))) != nil else { return .sending }
            }
        } catch {
            // A broken local connection counts as closed.
        }
        return (try? await outgoing.write(PortForwardFrames.close)) != nil ? .local : .sending
    }

    private func receive(
        _ incoming: NIOAsyncChannelInboundStream<WebSocketFrame>, _ output: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ outgoing: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ pod: PodPort
    ) async throws {
        var frames = PortForwardFrames()
        do {
            for try await frame in incoming {
                switch try frames.receive(frame) {
                case .data(let bytes):
                    // The reader is gone.
                    guard (try? await output.write(bytes)) != nil else { return }
                case .reply(let reply): try? await outgoing.write(reply)
                case .failure(let message): throw KubernetesError(.unreachable, "the pod \(pod.pod) cannot be reached: \(message)")
                case .end: return
                case .nothing: break
                }
            }
        } catch  where !(error is KubernetesError || error is CancellationError) {
            throw KubernetesError(.unreachable, "the connection to the pod \(pod.pod) was lost")
        }
        // Without a closing frame, the pod, its node or the server has failed.
        throw KubernetesError(.unreachable, "the connection to the pod \(pod.pod) was lost")
    }
}
