import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import PixelFlowHTTP

/// What a pipeline may say.
///
/// `GET /api/pipelines/schema`: every operation and every option of an output, with types, ranges and defaults.
/// `POST /api/pipelines/check`: whether a pipeline would be accepted. Nothing is done with it.
struct PipelineRoutes: Sendable {
    func add(to router: RouterGroup<AppRequestContext>) {
        router.get("pipelines/schema", use: schema)
        router.post("pipelines/check", use: check)
    }

    /// Changes with a release only: clients keep it, and ask whether it is still the one.
    @Sendable private func schema(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let document = try SchemaDocument.current.get()
        let headers: HTTPFields = [.eTag: document.tag.description, .cacheControl: "private, no-cache"]
        if let known = try Preconditions(request).response(for: document.tag, headers: headers) { return known }
        return .json(bytes: document.bytes, headers: headers)
    }

    /// A pipeline that is wrong is a good answer to this question, and no error.
    @Sendable private func check(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body = try await request.collectBody(limit: 256 * 1024)
        do {
            return try .json(PipelineVerdict(pipeline: try Pipeline(validating: Data(body.readableBytesView))))
        } catch let error as PixelFlowError {
            return try .json(PipelineVerdict(error))
        }
    }
}

/// The schema of pipelines as it is sent, written once.
private struct SchemaDocument {
    let bytes: ByteBuffer
    let tag: EntityTag

    static let current = Result { try SchemaDocument() }

    private init() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(PipelineSchema.json)
        bytes = ByteBuffer(bytes: data)
        tag = EntityTag(Data(SHA256.hash(data: data).prefix(12)).base64EncodedString())
    }
}

private struct PipelineVerdict: Encodable {
    var valid: Bool
    /// As it is kept: defaults left out.
    var pipeline: Pipeline?
    var code: String?
    var detail: String?
    var field: String?

    init(pipeline: Pipeline) {
        valid = true
        self.pipeline = pipeline
    }

    init(_ error: PixelFlowError) {
        valid = false
        code = error.code
        detail = error.message
        field = error.field
    }
}
