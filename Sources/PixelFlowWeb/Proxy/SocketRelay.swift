import NIOCore
import PixelFlowHTTP

/// Forwards bytes between a client and a service, on their common event loop, until either side has closed its connection or the process
/// stops. Reads from each side only as fast as the other accepts the data.
enum SocketRelay {
    typealias Side = LoopConnection<ByteBuffer, ByteBuffer>

    static func connect(_ client: Side, _ service: Side) {
        pass(from: client, to: service)
        pass(from: service, to: client)
    }

    private static func pass(from side: Side, to other: Side) {
        side.start { event in
            switch event {
            case .message(let bytes): other.send([bytes], promise: nil)
            case .writable(let isWritable): if isWritable { other.resume() } else { other.pause() }
            case .failure, .stopping, .ended:
                // Forwarded data is still sent.
                other.finish()
                side.finish()
            }
        }
    }
}
