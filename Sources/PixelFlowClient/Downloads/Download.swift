import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// An image on its way.
public struct Download: Sendable {
    /// Whether these are only some of the bytes.
    public let isPartial: Bool
    /// Where these bytes begin in the image.
    public let offset: Int64
    /// Of these bytes; nil if the service does not say.
    public let length: Int64?
    /// `image/webp` and so on.
    public let mediaType: String?
    /// Of this version of the image, for `If-Range`.
    public let tag: String?
    /// Read once.
    public let bytes: ByteStream

    init(_ response: HTTPClientResponse) {
        isPartial = response.status == .partialContent
        offset = isPartial ? Self.first(ofRange: response.headers.first(name: "content-range") ?? "") ?? 0 : 0
        length = response.headers.first(name: "content-length").flatMap { Int64($0) }
        mediaType = response.headers.first(name: "content-type")
        tag = response.headers.first(name: "etag")
        let body = response.body
        bytes = ByteStream {
            var iterator = body.makeAsyncIterator()
            return ByteStream.Iterator {
                do {
                    return try await iterator.next()
                } catch let error as CancellationError {
                    throw error
                } catch {
                    throw ClientError(body: error)
                }
            }
        }
    }

    /// The 100 of `bytes 100-199/1000`.
    static func first(ofRange text: String) -> Int64? {
        guard text.hasPrefix("bytes ") else { return nil }
        return text.dropFirst("bytes ".count).split(separator: "-").first.flatMap { Int64($0) }
    }
}

/// Some of the bytes of an image.
public struct ByteRange: Sendable, Hashable {
    public let first: Int64
    /// Nil for all to the end.
    public let last: Int64?

    public init(first: Int64, last: Int64? = nil) {
        self.first = first
        self.last = last
    }

    var header: String { "bytes=\(first)-\(last.map(String.init) ?? "")" }
}
