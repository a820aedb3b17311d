import CZlib
import NIOCore
import NIOHTTP1
import PixelFlowCore

/// Undoes gzip or deflate piece by piece, never beyond a number of bytes.
///
/// Confined to the event loop of its connection. Several gzip members one after the other are one body (RFC 1952);
/// what follows the last is left out.
final class Inflater {
    private enum Stage {
        case before, within, between, after
    }

    /// zlib's own window, and its own detection of gzip and zlib headers.
    private static let detectedWindow: CInt = 15 + 32
    private static let rawWindow: CInt = -15
    /// Bytes that are decoded at a time.
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

    /// Whether the body may end here. One without a byte may.
    var isComplete: Bool { stage != .within }

    /// Appends what `bytes` become to `output`.
    ///
    /// - Throws: `source_too_large` as soon as `output` holds more than `limit` bytes, `source_encoding_invalid`.
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

    /// Continues the member or begins the next one. False if nothing more belongs to the body.
    private func enter(_ first: UInt8) -> Bool {
        switch stage {
        case .within: return true
        case .before:
            // Servers differ on what deflate means. A zlib header names its method, 8, in the lower half.
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
                // Room that is left means that all of the input is used.
                if stream.pointee.avail_out > 0 { return }
            default:
                throw PixelFlowError.encodingInvalid
            }
        }
    }
}

/// A compression of the body that is undone: some servers send it although `identity` alone was asked for.
enum ContentCoding: Sendable {
    case gzip, deflate

    /// Nil if the body comes as it is.
    ///
    /// - Throws: `source_encoding_unsupported` for any other coding, and for several at once.
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
