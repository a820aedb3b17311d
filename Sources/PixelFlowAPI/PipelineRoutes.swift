import Foundation
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP

/// `POST /api/pipelines/check`: whether a pipeline would be accepted. Nothing is done with it.
struct PipelineRoutes: Sendable {
    func add(to router: RouterGroup<AppRequestContext>) {
        router.post("pipelines/check", use: check)
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
