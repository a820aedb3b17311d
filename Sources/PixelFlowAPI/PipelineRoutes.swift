import Foundation
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// Describes and validates pipelines.
///
/// `GET /api/pipelines/schema`: every operation and every option of an output, with types, ranges and defaults.
/// `POST /api/pipelines/check`: whether a pipeline would be accepted. Has no side effects.
struct PipelineRoutes: Sendable {
    private static let schema = TaggedJSON(PipelineSchema.json)

    var routes: [Route] {
        [
            Route(
                .get, "/api/pipelines/schema", id: "getPipelineSchema", tag: "presets", "Read the schema of pipelines",
                details: """
                    Every operation with its parameters, their types, ranges, defaults and descriptions, the rules between them and an \
                    example, and the options of an output: for editors. It changes only with a release.
                    """, access: .scope(.readTasks),
                parameters: [.ifNoneMatch],
                responses: [
                    ResponseDescription(200, "The schema.", [.init("application/json", .schema(.pipelineSchema))], headers: [.eTag]),
                    .notModified,
                ], problems: [.preconditionFailed]
            ) { request, _ in try Self.schema.response(to: request, cacheControl: "private, no-cache") },
            Route(
                .post, "/api/pipelines/check", id: "checkPipeline", tag: "presets", "Validate a pipeline",
                details: "The response to an invalid pipeline is 200, too, with `valid` false.", access: .scope(.readTasks),
                body: BodyDescription([.init("application/json", .schema(.any))], "The pipeline."),
                responses: [.json(PipelineValidation.self, "Whether the pipeline is valid.")], handler: check),
        ]
    }

    /// The response to an invalid pipeline is also 200, with `valid` false.
    @Sendable private func check(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body = try await request.collectBody(limit: 256 * 1024)
        do {
            return try .json(PipelineValidation(pipeline: try Pipeline(validating: Data(body.readableBytesView))))
        } catch let error as PixelFlowError {
            return try .json(PipelineValidation(error))
        }
    }
}

private struct PipelineValidation: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "PipelineValidation"
    static let annotations: [String: SchemaAnnotation] = [
        "valid": "Whether the pipeline would be accepted.", "pipeline": "The pipeline as it is kept, without defaults.",
        "code": "What is wrong, for programs.", "detail": "What is wrong, for people.", "field": "The path of the value that is wrong.",
    ]

    var valid: Bool
    /// The pipeline as stored: without defaults.
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
