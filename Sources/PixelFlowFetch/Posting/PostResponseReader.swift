import NIOCore
import NIOHTTP1

/// Reads the start of a response body, whatever the status.
struct PostResponseReader: ResponseReader {
    /// Maximum number of body bytes.
    private let limit: Int
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()

    init(limit: Int) { self.limit = limit }

    mutating func read(_ part: HTTPClientResponsePart) throws -> GuardedPoster.Response? {
        switch part {
        case .head(let head): self.head = head
        case .body(var bytes):
            if let part = bytes.readSlice(length: min(bytes.readableBytes, limit - body.readableBytes)) { body.writeImmutableBuffer(part) }
            if body.readableBytes >= limit { return response }
        case .end: return response
        }
        return nil
    }

    private var response: GuardedPoster.Response? {
        head.map { GuardedPoster.Response(status: Int($0.status.code), retryAfter: $0.headers.retryAfter, body: body) }
    }
}
