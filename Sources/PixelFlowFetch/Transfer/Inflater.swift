import CZlib
import NIOCore
import NIOHTTP1
import PixelFlowCore

/// Decompresses gzip or deflate incrementally, up to a limit of bytes.
///
/// Confined to the event loop of its connection. Concatenated gzip members form one body (RFC 1952); data after the last member is ignored.
final class Inflater {
    private enum Stage {
        case before, within, between, after
    }

    /// The largest zlib window, with automatic detection of gzip and zlib headers.
    private static let detectedWindow: CInt = 15 + 32
    private static let rawWindow: CInt = -15
    /// How many bytes are decoded at a time.
    private static let step = 64 * 1024

    private let coding: ContentCoding
    private let stream: UnsafeMutablePointer<z_stream>
    private var stage = Stage.before

    init(_ coding: ContentCoding) throws {
        self.coding = coding
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard czlib_inflate_init(stream, Self.detectedWindow) == Z_OK else {
            throw PixelFlowError(.internal, code: "internal_error", "An internal error occurred; try again later.", retry: .transient)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Whether the body may end here. An empty body may.
    var isComplete: Bool { stage != .within }

    /// Decompresses `bytes` and appends the result to `output`.
    ///
    /// - Throws: `source_too_large` as soon as `output` exceeds `limit` bytes; `source_encoding_invalid`.
    func inflate(_ bytes: ByteBuffer, into output: inout ByteBuffer, limit: Int) throws {
        try bytes.withUnsafeReadableBytes { input in
            guard let base = input.bindMemory(to: UInt8.self).baseAddress else { return }
            stream.pointee.next_in = UnsafeMutablePointer(mutating: base)
            stream.pointee.avail_in = UInt32(input.count)
            defer { stream.pointee.next_in = nil }
            while stream.pointee.avail_in > 0, let next = stream.pointee.next_in {
                guard enter(next.pointee) else { return }
                try inflateMember(into: &output, limit: limit)
            }
        }
    }

    /// Continues the current member or starts the next one. False if the remaining data does not belong to the body.
    private func enter(_ first: UInt8) -> Bool {
        switch stage {
        case .within: return true
        case .before:
            // Servers disagree about deflate: some send it without a zlib header. The lower half of that header's first byte is the method,
            // 8.
            if coding == .deflate, first & 0x0F != 8 { inflateReset2(stream, Self.rawWindow) }
            stage = .within
            return true
        case .between where coding == .gzip && first == 0x1F:
            inflateReset(stream)
            stage = .within
            return true
        case .between, .after:
            stage = .after
            return false
        }
    }

    private func inflateMember(into output: inout ByteBuffer, limit: Int) throws {
        while true {
            var status = Z_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.step) { space in
                let size = min(space.count, Self.step)
                stream.pointee.next_out = space.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(size)
                status = CZlib.inflate(stream, Z_NO_FLUSH)
                return size - Int(stream.pointee.avail_out)
            }
            guard output.readableBytes <= limit else { throw PixelFlowError.sourceTooLarge(limit) }
            switch status {
            case Z_STREAM_END:
                stage = .between
                return
            case Z_OK, Z_BUF_ERROR:
                // If the output buffer is not full, all input has been consumed.
                if stream.pointee.avail_out > 0 { return }
            default:
                throw PixelFlowError.encodingInvalid
            }
        }
    }
}

/// A compression of the body. Some servers compress although the request accepts only `identity`.
enum ContentCoding: Sendable {
    case gzip, deflate

    /// Nil if the body is not compressed.
    ///
    /// - Throws: `source_encoding_unsupported` for any other coding, or for several.
    init?(_ headers: HTTPHeaders) throws(PixelFlowError) {
        let codings = headers[canonicalForm: "content-encoding"].map { $0.lowercased() }.filter { !["", "identity"].contains($0) }
        switch codings.count {
        case 0: return nil
        case 1 where ["gzip", "x-gzip"].contains(codings[0]): self = .gzip
        case 1 where codings[0] == "deflate": self = .deflate
        default: throw .encodingUnsupported(codings.joined(separator: ", "))
        }
    }
}
