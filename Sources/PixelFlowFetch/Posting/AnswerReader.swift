import NIOCore
import NIOHTTP1

/// Reads the start of a response body, whatever the status.
struct AnswerReader: ResponseReader {
    /// Maximum number of body bytes.
    private let limit: Int
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()

    init(limit: Int) { self.limit = limit }

    mutating func read(_ part: HTTPClientResponsePart) throws -> GuardedPoster.Answer? {
        switch part {
        case .head(let head): self.head = head
        case .body(var bytes):
            if let part = bytes.readSlice(length: min(bytes.readableBytes, limit - body.readableBytes)) { body.writeImmutableBuffer(part) }
            if body.readableBytes >= limit { return answer }
        case .end: return answer
        }
        return nil
    }

    private var answer: GuardedPoster.Answer? {
        head.map { GuardedPoster.Answer(status: Int($0.status.code), retryAfter: $0.headers.retryAfter, body: body) }
    }
}
