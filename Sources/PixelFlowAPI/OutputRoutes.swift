import HTTPTypes
import Hummingbird
import NIOCore
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// The bytes of outputs and sources.
struct OutputRoutes: Sendable {
    let dependencies: APIDependencies

    var routes: [Route] {
        let parameters: [ParameterDescription] = [
            .taskID, .ifNoneMatch,
            .init("Range", in: .header, .string(), "As `bytes=0-1023`. A request for several ranges receives the complete object."),
            .init(
                "If-Range", in: .header, .string(),
                "The entity tag of the version that the range applies to; if it is no longer current, the complete object is sent."),
        ]
        let problems: [DeclaredProblem] =
            .readingTasks + [
                .taskNotFound, .preconditionFailed, .blobStoreUnavailable,
                DeclaredProblem(
                    .rangeNotSatisfiable, "range_not_satisfiable", "The range begins beyond the end.",
                    headers: [.init("content-range", .string(), "`bytes */SIZE`."), .eTag]),
            ]
        return [
            Route(
                .get, "/api/tasks/{id}/outputs/{name}", id: "getOutput", tag: "outputs", "Download an output",
                access: .scope(.readOutputs),
                parameters: parameters + [
                    .init("name", in: .path, .string(pattern: "^[a-z0-9_-]{1,64}$"), "The name of the output."),
                    .init("download", in: .query, .string(), "If present, browsers save the output as a file."),
                ],
                responses: Self.responses("image/*"), problems: problems, handler: output),
            Route(
                .get, "/api/tasks/{id}/source", id: "getSource", tag: "outputs", "Download the source", access: .scope(.readOutputs),
                parameters: parameters, responses: Self.responses("image/*", "application/octet-stream"), problems: problems,
                handler: source),
        ]
    }

    private static func responses(_ mediaTypes: String...) -> [ResponseDescription] {
        let headers: [HeaderDescription] = [
            .eTag, .init("accept-ranges", .constant("bytes"), "Ranges are served."),
            .init("content-disposition", .string(), "Whether browsers show or save the object, and its file name."),
        ]
        let range = HeaderDescription("content-range", .string(), "`bytes FIRST-LAST/SIZE`.")
        return [
            ResponseDescription(200, "The bytes. They never change.", mediaTypes.map { .bytes($0) }, headers: headers),
            ResponseDescription(206, "The bytes of the range.", mediaTypes.map { .bytes($0) }, headers: headers + [range]), .notModified,
        ]
    }

    @Sendable private func output(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await context.task(in: dependencies.tasks)
        guard let name = context.parameters.get("name"), let output = task.outputs.first(where: { $0.name == name }),
            let image = output.image
        else { throw PixelFlowError.notFound("output") }
        let isDownload = request.query["download"] != nil
        return try await send(
            StoredObject(
                key: image.key, mediaType: image.format.mediaType, sha256: image.sha256,
                filename: "\(name).\(image.format.fileExtension)", isInline: !isDownload),
            request)
    }

    @Sendable private func source(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await context.task(in: dependencies.tasks)
        guard let key = task.sourceKey else { throw PixelFlowError.notFound("source") }
        // Browsers display some content types, so only bytes that were decoded as one of the supported formats get their type.
        let format = task.sourceMetadata?.format
        let sha256 =
            switch task.source {
            case .upload(let upload): upload.sha256
            case .url: task.fetchedSource?.sha256 ?? ""
            }
        return try await send(
            StoredObject(
                key: key, mediaType: format.map { "image/\($0)" } ?? "application/octet-stream", sha256: sha256,
                filename: "source" + (format.map { ".\($0)" } ?? ""), isInline: format != nil),
            request)
    }

    private struct StoredObject {
        var key: BlobKey
        var mediaType: String
        var sha256: String
        var filename: String
        var isInline: Bool

        /// The entity tag: the bytes of a key are immutable.
        var tag: EntityTag { EntityTag(sha256) }

        /// The header fields of every response about the object, with or without its bytes.
        var validators: HTTPFields {
            [
                .eTag: tag.description, .cacheControl: "private, max-age=31536000, immutable", .acceptRanges: "bytes",
                .contentSecurityPolicy: "default-src 'none'; sandbox", .xContentTypeOptions: "nosniff",
            ]
        }

        var headers: HTTPFields {
            var headers = validators
            headers[.contentType] = mediaType
            headers[.contentDisposition] = "\(isInline ? "inline" : "attachment"); filename=\"\(filename)\""
            return headers
        }
    }

    private func send(_ object: StoredObject, _ request: Request) async throws -> Response {
        if let known = try Preconditions(request).response(for: object.tag, headers: object.validators) { return known }
        guard let whole = try await dependencies.blobs.read(object.key, range: 0..<0) else { throw PixelFlowError.notFound("object") }
        let range = try range(of: object, size: whole.size, request)
        guard let blob = try await dependencies.blobs.read(object.key, range: range) else { throw PixelFlowError.notFound("object") }
        var headers = object.headers
        if let range { headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(blob.size)" }
        return Response(
            status: range == nil ? .ok : .partialContent, headers: headers, body: body(blob, isHead: request.method == .head))
    }

    /// The requested range; nil for the complete object.
    ///
    /// - Throws: `range_not_satisfiable` (416). Caches must not store this response in place of the object, so it copies the fields that
    ///   identify the version from the 200 response, but not its lifetime.
    private func range(of object: StoredObject, size: Int, _ request: Request) throws -> Range<Int>? {
        switch ByteRanges.select(request, size: size, tag: object.tag) {
        case .full: return nil
        case .part(let range): return range
        case .unsatisfiable:
            var headers = object.validators
            headers[.contentRange] = "bytes */\(size)"
            throw HeaderedError(
                PixelFlowError(.rangeNotSatisfiable, code: "range_not_satisfiable", "The object has \(size.counted("byte"))."),
                headers: headers)
        }
    }

    private func body(_ blob: Blob, isHead: Bool) -> ResponseBody {
        ResponseBody(contentLength: blob.range.count) { writer in
            if !isHead {
                for try await chunk in blob.body { try await writer.write(chunk) }
            }
            try await writer.finish(nil)
        }
    }
}
