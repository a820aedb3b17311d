import CZlib
import NIOCore

/// Compresses request bodies (RFC 1952).
enum Gzip {
    /// One gzip member; nil if zlib cannot allocate its 256 KiB or so.
    static func compressed(_ bytes: [UInt8]) -> ByteBuffer? {
        var stream = z_stream()
        guard czlib_gzip_init(&stream, Z_DEFAULT_COMPRESSION) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var output = ByteBuffer()
        var status = Z_OK
        bytes.withUnsafeBufferPointer { input in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(input.count)
            let bound = Int(deflateBound(&stream, UInt(input.count)))
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { space in
                stream.next_out = space.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(bound)
                status = deflate(&stream, Z_FINISH)
                return bound - Int(stream.avail_out)
            }
        }
        return status == Z_STREAM_END ? output : nil
    }
}
