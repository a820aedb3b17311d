import Logging
import NIOCore
import NIOHTTP1
import PixelFlowCore

/// An object that is uploaded in parts and becomes visible, as a whole, with `complete`.
struct MultipartUpload: Sendable {
    struct Part: Sendable {
        var number: Int
        var etag: String
        var bytes: Int
    }

    let name: String
    let id: String
    /// Stored with the object, to distinguish a `complete` whose response was lost from one that failed.
    private let token: String
    private let transport: S3Transport

    private static let tokenHeader = "x-amz-meta-pixelflow-upload"

    /// - Parameter token: empty for an upload of another process.
    init(name: String, id: String, token: String = "", transport: S3Transport) {
        self.name = name
        self.id = id
        self.token = token
        self.transport = transport
    }

    static func begin(_ name: String, _ transport: S3Transport) async throws -> MultipartUpload {
        let token = UUIDv7.make()
        let request = S3Request(
            .createMultipartUpload, key: name, query: [("uploads", "")], headers: [(tokenHeader, "\(token)")])
        let id = try await transport.call(request) { reply in
            guard let id = try reply.document()["UploadId"], !id.isEmpty else { throw S3ProtocolError("an upload without an id") }
            return id
        }
        return MultipartUpload(name: name, id: id, token: "\(token)", transport: transport)
    }

    /// Uploads all parts; the next part is read while one is being sent.
    ///
    /// - Parameter next: returns nil after the last part.
    /// - Throws: the errors of `next`, or `PixelFlowError`.
    func send(_ next: () async throws -> ByteBuffer?) async throws -> [Part] {
        try await withThrowingTaskGroup(of: Part.self) { group in
            var sent: [Part] = []
            var number = 0
            while let bytes = try await next() {
                if number > 0, let part = try await group.next() { sent.append(part) }
                number += 1
                group.addTask { [number] in try await send(bytes, as: number) }
            }
            if let part = try await group.next() { sent.append(part) }
            return sent
        }
    }

    private func send(_ bytes: ByteBuffer, as number: Int) async throws -> Part {
        let request = S3Request(.uploadPart, key: name, query: [("partNumber", "\(number)"), ("uploadId", id)], body: bytes)
        let etag = try await transport.call(request) { reply in
            guard let etag = reply.headers.first(name: "etag") else { throw S3ProtocolError("a part without an ETag") }
            return etag
        }
        return Part(number: number, etag: etag, bytes: bytes.readableBytes)
    }

    func complete(_ parts: [Part]) async throws {
        let items = parts.map { "<Part><PartNumber>\($0.number)</PartNumber><ETag>\($0.etag.xmlEscaped)</ETag></Part>" }
        let body = ByteBuffer(string: "<CompleteMultipartUpload>\(items.joined())</CompleteMultipartUpload>")
        let request = S3Request(.completeMultipartUpload, key: name, query: [("uploadId", id)], body: body)
        do {
            try await transport.call(request) { reply in
                // The server sends status 200 before it knows the result, to keep the connection open.
                let document = try reply.document()
                if document.name == "Error" { throw S3ServiceError(document: document) }
            }
        } catch let error as PixelFlowError where error.refusal?.code == "NoSuchUpload" {
            guard try await isComplete() else { throw error }
        }
    }

    /// Whether an earlier `complete` has succeeded.
    private func isComplete() async throws -> Bool {
        let reply = try await transport.call(S3Request(.headObject, key: name))
        return reply.headers.first(name: Self.tokenHeader) == token
    }

    /// Aborts the upload, even if the caller has been cancelled.
    func abort() async {
        let request = S3Request(.abortMultipartUpload, key: name, query: [("uploadId", id)])
        let transport = transport
        let name = name
        // A separate task, which the caller's cancellation does not affect.
        await Task {
            do {
                _ = try await transport.call(request)
            } catch let error as PixelFlowError where error.refusal?.code == "NoSuchUpload" {
                // It has already been completed or aborted: nothing to clean up.
            } catch {
                transport.logger.warning(
                    "multipart upload not aborted, left to the daily cleanup", metadata: ["object": "\(name)", "error": "\(error)"])
            }
        }.value
    }
}
