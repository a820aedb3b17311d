import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import PixelFlowHTTP

/// The bytes of outputs and sources.
struct OutputRoutes: Sendable {
    let tools: APITools

    func add(to router: RouterGroup<AppRequestContext>) {
        router.get("tasks/:id/outputs/:name", use: output)
        router.get("tasks/:id/source", use: source)
    }

    @Sendable private func output(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await context.task(in: tools.tasks)
        guard let name = context.parameters.get("name"), let output = task.outputs.first(where: { $0.name == name }),
            let image = output.image
        else { throw PixelFlowError.notFound("output") }
        let isDownload = request.uri.queryParameters.get("download") != nil
        return try await send(
            StoredObject(
                key: image.key, mediaType: image.format.mediaType, sha256: image.sha256,
                filename: "\(name).\(image.format.fileExtension)", isInline: !isDownload),
            request)
    }

    @Sendable private func source(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await context.task(in: tools.tasks)
        guard let key = task.sourceKey else { throw PixelFlowError.notFound("source") }
        // Only bytes that have been decoded as one of our formats are called by a type that a browser shows.
        let format = task.sourceFacts?.format
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
    }

    private func send(_ object: StoredObject, _ request: Request) async throws -> Response {
        let tag = "\"\(object.sha256)\""
        var headers: HTTPFields = [
            .eTag: tag, .cacheControl: "private, max-age=31536000, immutable", .acceptRanges: "bytes",
            .contentSecurityPolicy: "default-src 'none'; sandbox", .xContentTypeOptions: "nosniff",
        ]
        if request.headers[.ifNoneMatch].map({ $0 == "*" || $0.contains(tag) }) == true {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = object.mediaType
        headers[.contentDisposition] = "\(object.isInline ? "inline" : "attachment"); filename=\"\(object.filename)\""
        guard let whole = try await tools.blobs.read(object.key, range: 0..<0) else { throw PixelFlowError.notFound("object") }
        let isFresh = request.headers[.ifRange].map { $0 == tag } ?? true
        let range = isFresh ? try requestedRange(request, size: whole.size) : nil
        guard let blob = try await tools.blobs.read(object.key, range: range) else { throw PixelFlowError.notFound("object") }
        if let range { headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(blob.size)" }
        return Response(
            status: range == nil ? .ok : .partialContent, headers: headers, body: body(blob, isHead: request.method == .head))
    }

    private func requestedRange(_ request: Request, size: Int) throws -> Range<Int>? {
        try ByteRange.parse(request.headers[.range], size: size)
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
