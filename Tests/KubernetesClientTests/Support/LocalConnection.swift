import Deadlines
import NIOCore
import NIOPosix

/// A connection to a forwarded port.
enum LocalConnection {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static func open(port: Int) async throws -> Connection {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
        }
    }

    /// Sends a text and reads until the same number of bytes has been received, or the connection ends.
    static func exchange(_ text: String, port: Int) async throws -> String {
        let connection = try await open(port: port)
        return try await within(.seconds(60), "\(text.utf8.count) bytes from port \(port)") {
            try await connection.executeThenClose { input, output in
                try await output.write(ByteBuffer(string: text))
                var response = ByteBuffer()
                for try await bytes in input {
                    response.writeImmutableBuffer(bytes)
                    if response.readableBytes >= text.utf8.count { break }
                }
                return String(buffer: response)
            }
        }
    }
}
