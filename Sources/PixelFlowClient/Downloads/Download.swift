import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The response to a download, with the bytes as they arrive.
public struct Download: Sendable {
    /// Whether these bytes are only a part of the image.
    public let isPartial: Bool
    /// The offset of these bytes in the image.
    public let offset: Int64
    /// The number of these bytes; nil if the service does not state it.
    public let length: Int64?
    /// For example `image/webp`.
    public let mediaType: String?
    /// The entity tag of this version of the image, for `If-Range`.
    public let tag: String?
    /// Can be read only once.
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

    /// The 100 in `bytes 100-199/1000`.
    static func first(ofRange text: String) -> Int64? {
        guard text.hasPrefix("bytes ") else { return nil }
        return text.dropFirst("bytes ".count).split(separator: "-").first.flatMap { Int64($0) }
    }
}

/// A range of the bytes of an image.
public struct ByteRange: Sendable, Hashable {
    public let first: Int64
    /// Nil for everything up to the end.
    public let last: Int64?

    public init(first: Int64, last: Int64? = nil) {
        self.first = first
        self.last = last
    }

    var header: String { "bytes=\(first)-\(last.map(String.init) ?? "")" }
}
