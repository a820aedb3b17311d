import NIOCore
import NIOHTTP1
import PixelFlowCore

/// Reads a response up to a limit of bytes. For an unsuccessful status, only the head is read.
struct SourceReader: ResponseReader {
    private let limit: Int
    private var response: FetchResponse?
    private var inflater: Inflater?
    /// Bytes of the body as received, before decoding.
    private var received = 0

    init(limit: Int) { self.limit = limit }

    mutating func read(_ part: HTTPClientResponsePart) throws -> FetchResponse? {
        switch part {
        case .head(let head): return try begin(head)
        case .body(let bytes): try add(bytes)
        case .end: return try end()
        }
        return nil
    }

    private mutating func begin(_ head: HTTPResponseHead) throws -> FetchResponse? {
        var response = FetchResponse(status: head.status, headers: head.headers)
        guard (200..<300).contains(head.status.code) else { return response }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }) {
            guard length <= limit else { throw PixelFlowError.sourceTooLarge(limit) }
            // Memory pages that are reserved but never written cost nothing, so reserving the declared length is safe.
            response.body.reserveCapacity(max(length, 0))
        }
        inflater = try ContentCoding(head.headers).map { try Inflater($0) }
        self.response = response
        return nil
    }

    /// The limit applies to the encoded and to the decoded bytes.
    private mutating func add(_ bytes: ByteBuffer) throws {
        received += bytes.readableBytes
        guard response != nil, received <= limit else { throw PixelFlowError.sourceTooLarge(limit) }
        guard let inflater else {
            response?.body.writeImmutableBuffer(bytes)
            return
        }
        var body = response?.body ?? ByteBuffer()
        // Held by one variable only, so that it grows in place.
        response?.body = ByteBuffer()
        try inflater.inflate(bytes, into: &body, limit: limit)
        response?.body = body
    }

    private mutating func end() throws -> FetchResponse? {
        guard inflater?.isComplete ?? true else { throw PixelFlowError.encodingTruncated }
        // The buffer has one owner, so it is not copied.
        defer { response = nil }
        return response
    }
}
