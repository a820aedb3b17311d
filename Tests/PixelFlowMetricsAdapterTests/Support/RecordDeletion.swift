import Deadlines
import NIOCore
import NIOPosix

/// Makes Kafka delete the oldest messages of a partition, as retention does: a hand-built `DeleteRecords` request.
enum RecordDeletion {
    struct Refused: Error {
        let code: Int16
    }

    static func delete(before offset: Int64, of topic: String, partition: Int32, host: String, port: Int) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: host, port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        let code = try await within(.seconds(30), "the response of the server") {
            try await channel.executeThenClose { responses, requests in
                try await requests.write(request(offset, topic, partition))
                var response = ByteBuffer()
                for try await bytes in responses {
                    response.writeImmutableBuffer(bytes)
                    guard let length = response.getInteger(at: response.readerIndex, as: Int32.self) else { continue }
                    if response.readableBytes >= Int(length) + 4 { break }
                }
                // The partition's error code comes last.
                return response.getInteger(at: response.writerIndex - 2, as: Int16.self) ?? -1
            }
        }
        guard code == 0 else { throw Refused(code: code) }
    }

    /// API key 21, version 0.
    private static func request(_ offset: Int64, _ topic: String, _ partition: Int32) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeInteger(Int16(21))
        body.writeInteger(Int16(0))
        body.writeInteger(Int32(1))
        write("metrics-adapter-tests", to: &body)
        body.writeInteger(Int32(1))
        write(topic, to: &body)
        body.writeInteger(Int32(1))
        body.writeInteger(partition)
        body.writeInteger(offset)
        body.writeInteger(Int32(5_000))
        var request = ByteBuffer()
        request.writeInteger(Int32(body.readableBytes))
        request.writeImmutableBuffer(body)
        return request
    }

    private static func write(_ text: String, to buffer: inout ByteBuffer) {
        buffer.writeInteger(Int16(text.utf8.count))
        buffer.writeString(text)
    }
}
