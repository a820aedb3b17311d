import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import Synchronization
import WireFormats

/// Reads the body of an upload in any of its three forms.
struct UploadBody: Sendable {
    /// An uploaded image that is being stored.
    struct Image: Sendable {
        var filename: String?
        var contentType: String?
        var bytes: ByteStream
    }

    /// Consumes all bytes of an image.
    typealias Sink = (Image) async throws -> TaskSource.Upload

    let request: Request
    let limit: SourceLimit

    /// - Returns: the request, and the image if one was sent.
    /// - Throws: `PixelFlowError`. The caller must then remove what `sink` has stored.
    func read(_ sink: Sink) async throws -> (UploadRequest, TaskSource.Upload?) {
        switch request.mediaType ?? "" {
        case _ where request.isCalledJSON:
            let body = try await request.collectBody(limit: 1 << 20)
            return (try UploadRequest(json: JSONValue(document: body.readableBytesView)), nil)
        case "multipart/form-data":
            var form = try MultipartUpload(body: request.body, contentType: request.headers[.contentType] ?? "")
            return try await form.read { filename, contentType, bytes in
                try await sink(Image(filename: filename, contentType: contentType, bytes: bytes))
            }
        case let media where media.hasPrefix("image/") || media == "application/octet-stream":
            try refuseDeclaredExcess()
            let upload = try await sink(Image(contentType: media, bytes: request.body))
            let query = request.query
            let uploadRequest = try UploadRequest(
                pipeline: query["pipeline"].map { Data($0.utf8) }, preset: query["preset"], priority: query["priority"],
                batch: query["batch"], webhookURL: query["webhook_url"])
            return (uploadRequest, upload)
        default:
            throw PixelFlowError(
                .unsupportedMediaType, code: "unsupported_media_type",
                "Send application/json with an image_url, multipart/form-data with a file, or the image itself.")
        }
    }

    /// Rejects a body whose declared size exceeds the limit, before the client sends it.
    private func refuseDeclaredExcess() throws {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) { try limit.check(length) }
    }
}

extension UploadBody.Image {
    /// Passes the bytes on while counting and hashing them.
    ///
    /// - Throws: the errors of `limit`, `too_many_uploads` above the limits of the ticket's owner, `empty_image` if there are no bytes.
    func measured(
        limit: SourceLimit, _ ticket: UploadAdmission.Ticket, as key: BlobKey, _ consume: (ByteStream) async throws -> Void
    ) async throws -> TaskSource.Upload {
        let measure = StreamMeasure(limit: limit, ticket: ticket)
        try await consume(Self.stream(bytes, measuredBy: measure))
        guard measure.bytes > 0 else { throw PixelFlowError.invalid("file", "The image is empty.", code: "empty_image") }
        return TaskSource.Upload(
            filename: filename.map(Self.displayName), contentType: contentType, bytes: measure.bytes, sha256: measure.sha256, key: key)
    }

    private static func stream(
        _ bytes: some AsyncSequence<ByteBuffer, any Error> & Sendable, measuredBy measure: StreamMeasure
    ) -> ByteStream {
        MeasuredStream(base: bytes, measure: measure)
    }

    /// A file name for display: without folders and control characters, at most 255 characters.
    private static func displayName(_ name: String) -> String {
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
        return String(String.UnicodeScalarView(last.unicodeScalars.filter { !$0.breaksLine }).prefix(255))
    }
}

/// Counts and hashes a stream while it is being read, and fails if it is too long.
struct MeasuredStream<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let base: Base
    let measure: StreamMeasure

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), measure: measure) }

    struct Iterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let measure: StreamMeasure

        mutating func next() async throws -> ByteBuffer? {
            guard let chunk = try await base.next() else { return nil }
            try measure.add(chunk)
            return chunk
        }
    }
}

/// The measurements of a `MeasuredStream`.
final class StreamMeasure: Sendable {
    private let state = Mutex((count: 0, hash: SHA256()))
    private let limit: SourceLimit
    private let ticket: UploadAdmission.Ticket

    /// - Parameters:
    ///   - limit: checked for each chunk.
    ///   - ticket: the upload that the bytes belong to.
    init(limit: SourceLimit, ticket: UploadAdmission.Ticket) {
        self.limit = limit
        self.ticket = ticket
    }

    func add(_ chunk: ByteBuffer) throws {
        let count = state.withLock { state in
            state.count += chunk.readableBytes
            chunk.withUnsafeReadableBytes { state.hash.update(bufferPointer: $0) }
            return state.count
        }
        try limit.check(count)
        try ticket.add(chunk.readableBytes)
    }

    var bytes: Int { state.withLock(\.count) }
    /// In lower-case hexadecimal.
    var sha256: String { state.withLock { $0.hash.finalize().hexadecimal } }
}
