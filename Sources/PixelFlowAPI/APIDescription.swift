import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

extension ServiceDescription {
    static let api = ServiceDescription(
        title: "PixelFlow api",
        text: """
            Images in, tasks out: upload an image or its URL with a pipeline, follow the task, download the outputs. Every call under \
            `/api` needs `Authorization: Bearer TOKEN`. A resource of another organisation is 404.
            """,
        tags: [
            ("tasks", tasks),
            (
                "batches",
                """
                Tasks that belong together, such as those of an import: open a batch, send its id as `batch` with uploads, and close it. \
                List its tasks \
                with `GET /api/tasks?batch=ID`, follow them with `GET /api/events?batch=ID`, and subscribe to its completion with the \
                webhook event `batch.completed`. A completed batch is removed about a day after the last of its tasks was deleted.
                """
            ),
            (
                "outputs",
                """
                The bytes of outputs and sources. A `Range` with one part returns 206 with `Content-Range`; one with several parts \
                returns 200 with the complete object. A range beyond the end is 416 `range_not_satisfiable` with \
                `Content-Range: bytes */SIZE`. `If-Range` takes the `ETag`; if it differs, the response is 200 with the complete object.
                """
            ),
            (
                "presets",
                """
                Pipelines, and presets, which are pipelines saved by name. `web`, `thumbnail` and `avatar` are built in; a saved preset \
                replaces the \
                built-in one with the same name.
                """
            ),
            ("events", "Changes as they happen."),
            (
                "usage",
                """
                Quotas of organisations and what they use. A request beyond a quota is refused with `quota_exceeded`, and `field` is \
                the name of the quota. The numbers are computed from the tasks themselves and are always exact.
                """
            ),
            (
                "webhooks",
                """
                Messages to your server when something happens, signed as in [Standard Webhooks](https://www.standardwebhooks.com): \
                `webhook-id`, the same for every attempt; `webhook-timestamp`; `webhook-signature`. The body is \
                `{"type","timestamp","data"}`, and `data` is the task or the batch. Any 2xx within 15 s counts as delivered; otherwise \
                attempts follow after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h. 410 disables a webhook, and so do 5 days of \
                failures. The webhook `default` stands for the `webhook_url` of tasks; its secret signs them.
                """
            ),
            ("service", "For operators."),
        ], examples: RecordedExamples.all)

    private static let tasks = """
        A task is an image and the pipeline that processes it.

        Errors that occur only while the image is fetched appear in the task:

        | `error.code` | cause | retried |
        | --- | --- | --- |
        | `url_invalid`, `port_not_allowed` | a redirect leads to a URL that would have been refused | no |
        | `address_blocked` | the host resolves to an address that is not public | no |
        | `name_not_resolved` | the name has no address, or the name service does not respond | only the latter |
        | `too_many_redirects` | more than 5 redirects | no |
        | `source_not_found`, `source_refused` | 404 or 410; other refusals, an untrusted certificate, a redirect from https to http | no |
        | `source_too_large` | over the limit of bytes | no |
        | `empty_image` | the response has no bytes | no |
        | `quota_exceeded` | over `source_bytes` of the quota | no |
        | `source_encoding_unsupported` | a `Content-Encoding` other than gzip and deflate, or several | no |
        | `source_encoding_invalid` | the body is not in the encoding that the server declares | no |
        | `source_timeout`, `source_unreachable` | more than 10 s in all; no connection or a lost one | yes |
        | `source_unavailable` | 408, 425, 429, 5xx, invalid HTTP, a response that ends early; `Retry-After` is honoured up to an hour | yes |

        A task whose source cannot be decoded fails with `truncated_image` (the file ends before the image is complete), `damaged_image` \
        (the file is not consistent), `unsupported_format` (the message names what is not supported), `not_an_image`, \
        `too_many_pixels`, `too_many_frames` or `image_too_large_in_memory` (decoding would need more memory than a render process may \
        use).
        """
}

// MARK: Parameters and problems of several routes

extension ParameterDescription {
    static let taskID = ParameterDescription("id", in: .path, TaskID.schema, "The id of the task.")
}

extension [DeclaredProblem] {
    static let readingTasks = [
        DeclaredProblem.taskDatabaseUnavailable,
        DeclaredProblem(
            .unavailable, "task_database_busy",
            "Organisations take turns at reading from the task database, and too many of your reads are waiting."),
    ]

    static let pipelineErrors = [
        DeclaredProblem(.invalid, "invalid_value", "A value is not accepted; `field` is its path."),
        DeclaredProblem(.invalid, "missing_parameter", "A value that is required is missing."),
        DeclaredProblem(.invalid, "unknown_parameter", "There is no such parameter."),
        DeclaredProblem(.invalid, "unknown_operation", "There is no operation with this name."),
        DeclaredProblem(.invalid, "pipeline_too_large", "The pipeline has more than 16 KiB of canonical JSON."),
    ]
}

extension DeclaredProblem {
    static let auditLogBusy = DeclaredProblem(
        .unavailable, "audit_log_busy",
        "\(AuditRecorder.capacity) audit entries wait for auth; requests that need another one are refused.")
    static let taskDatabaseUnavailable = DeclaredProblem(
        .unavailable, "task_database_unavailable", "The task database does not respond.")
    static let taskNotFound = DeclaredProblem(.notFound, "not_found", "There is no such resource, or it is another organisation's.")
    static let blobStoreUnavailable = DeclaredProblem(.unavailable, "blob_store_unavailable", "The object store does not respond.")
}

extension JSONSchema {
    static let presetName = JSONSchema.string(pattern: "^[a-z0-9_-]{1,64}$")
}

// MARK: Types of the domain

extension TaskID: SchemaDescribed {
    static let schema = JSONSchema.string(format: "uuid")
    static let sample = TaskID("01990f5e-7c1a-7b3c-8d2e-0123456789ab")
}

extension SourceMetadata: SchemaNamed, SchemaAnnotated {
    static let schemaName = "Source"
    static let annotations: [String: SchemaAnnotation] = [
        "format": "Found in the bytes, regardless of the file name or content type.",
        "width": .init("Pixels, upright.", ["minimum": 1]), "height": .init("Pixels, upright.", ["minimum": 1]),
        "bytes": .init("The size of the file.", ["minimum": 1]), "frames": .init("Frames in the file.", ["minimum": 1]),
        "orientation": .init("EXIF orientation of the file.", ["minimum": 1, "maximum": 8]),
        "has_alpha": "Whether it has an alpha channel.",
        "blurhash": "A placeholder as of blurha.sh, 4 x 3 components (3 x 4 for portraits).",
        "dominant_color": .init("The most common colour.", ["pattern": "^#[0-9a-f]{6}$"]),
    ]
}

extension TaskError: SchemaNamed, SchemaAnnotated {
    static let schemaName = "TaskError"
    static let annotations: [String: SchemaAnnotation] = [
        "code": "Stable, for programs.", "message": "What is wrong, for people.",
    ]
}

extension Pipeline: SchemaNamed, SchemaDescribed {
    static let schemaName = "Pipeline"
    static let sample = Pipeline.default
    static let schema = PipelineJSONSchema.pipeline
}
