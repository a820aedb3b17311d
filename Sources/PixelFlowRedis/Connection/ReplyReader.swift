import CHiredis
import NIOCore

/// Parses the bytes of a connection into replies with the parser of hiredis.
struct ReplyReader: ~Copyable {
    /// The maximum size of one reply in bytes; typical replies are far smaller.
    private static let limit = 64 << 20

    private let handle: UnsafeMutablePointer<redisReader>
    /// Bytes received since the last complete reply.
    private var unread = 0

    /// - Throws: `RedisError` if there is not enough memory.
    init() throws(RedisError) {
        guard let handle = redisReaderCreate() else { throw RedisError(.protocolError, "out of memory") }
        self.handle = handle
    }

    deinit { redisReaderFree(handle) }

    mutating func feed(_ buffer: ByteBuffer) throws(RedisError) {
        unread += buffer.readableBytes
        guard unread <= Self.limit else { throw RedisError(.protocolError, "a reply is longer than \(Self.limit) bytes") }
        let status = buffer.withUnsafeReadableBytes { bytes in
            redisReaderFeed(handle, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count)
        }
        guard status == REDIS_OK else { throw failure }
    }

    /// The next reply; nil if more bytes are needed.
    mutating func next() throws(RedisError) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(handle, &reply) == REDIS_OK else { throw failure }
        guard let reply else { return nil }
        unread = 0
        defer { freeReplyObject(reply) }
        return Self.value(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private var failure: RedisError {
        withUnsafePointer(to: &handle.pointee.errstr) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 128) { RedisError(.protocolError, String(cString: $0)) }
        }
    }

    private static func value(_ reply: redisReply) -> RedisValue {
        switch reply.type {
        case REDIS_REPLY_INTEGER: .integer(reply.integer)
        case REDIS_REPLY_STATUS: .status(String(decoding: bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: .error(String(decoding: bytes(reply), as: UTF8.self))
        case REDIS_REPLY_STRING: .string(Array(bytes(reply)))
        case REDIS_REPLY_ARRAY:
            .array((0..<reply.elements).map { index in reply.element?[index].map { value($0.pointee) } ?? .null })
        default: .null
        }
    }

    private static func bytes(_ reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : reply.len)
    }
}
