import HTTPTypes
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// The declaration of `POST /api/upload`, which takes an image in three forms.
enum UploadDescription {
    static func route(limits: ImageLimits, handler: @escaping Route.Handler) -> Route {
        Route(
            .post, "/api/upload", id: "upload", tag: "tasks", "Upload an image, or its URL, and create a task",
            details: """
                Three forms of the body: JSON with an `image_url`, a form with a part `file`, or the image itself. Without a pipeline or \
                preset, the task has one output `image`, fit inside 1600 px.

                With an `Idempotency-Key`, repeating a request returns the same task in its current state. Requests are compared by what \
                was sent: the URL or the bytes of the image, the name of the preset, the pipeline, the priority, the batch, the webhook. \
                Later changes do not matter: the preset may have been changed or deleted, a watermark deleted, or a limit lowered. The order of JSON members, white space \
                and the file name are ignored. Deleting a task frees its key.

                `image_url` must begin with `http://` or `https://` and a host. Apart from the host, what browsers would encode is \
                encoded; unlike them, the parser completes nothing: `http:example.com`, `http:///a` and backslashes in the host are \
                refused. A URL that can never be fetched is refused immediately; the code is `invalid_value` for control characters \
                anywhere (spaces around the URL are ignored), a user name or password, an invalid host (empty labels, labels over 63 or a \
                name over 253 characters, characters that are not allowed in a name, a label that begins or ends with a hyphen, a \
                malformed IPv6 address) or an invalid port. Every spelling of an IPv4 address (`127.1`, `0x7f000001`) is treated as that \
                address. \
                An internationalised host is converted to its `xn--` form: compatibility forms are mapped (fullwidth letters, the dots \
                `。` `．` `｡`), case is folded, the text is composed, and `ß` and `ς` are kept. This is a subset of UTS #46: joiners, \
                invisible characters and punctuation are refused, and the rule for right-to-left names is not checked.
                """, access: .scope(.writeTasks), rate: .of(.upload),
            parameters: [
                .init(
                    "Idempotency-Key", in: .header, .string(length: 1...255),
                    "Up to 255 bytes that name this upload."),
                .init("preset", in: .query, .presetName, "The preset, if the body is the image itself."),
                .init("pipeline", in: .query, .string(), "The pipeline as JSON, if the body is the image itself."),
                .init("priority", in: .query, .priority, "The priority, if the body is the image itself."),
                .init("batch", in: .query, BatchID.schema, "The batch, if the body is the image itself."),
                .init("webhook_url", in: .query, .string(format: "uri"), "The webhook, if the body is the image itself."),
            ],
            body: BodyDescription(
                [
                    ContentDescription(
                        "application/json", .schema(jsonForm), example: ["image_url": "https://example.com/cat.jpg", "preset": "web"]),
                    ContentDescription("multipart/form-data", .schema(form), partTypes: ["pipeline": "application/json"]),
                    .bytes("image/*"), .bytes("application/octet-stream"),
                ], "At most \(limits.sourceBytes) bytes of image."),
            responses: [
                .json(
                    .accepted, TaskView.self, "The task; also the task of an earlier request with the same `Idempotency-Key`.",
                    headers: [.init("location", .string(format: "uri-reference"), "The address of the task.")])
            ],
            problems: .readingTasks + .pipelineErrors + .quotas + [
                .blobStoreUnavailable,
                DeclaredProblem(.malformed, "malformed_multipart", "The form is not valid `multipart/form-data`."),
                DeclaredProblem(.invalid, "empty_image", "The image has no bytes."),
                DeclaredProblem(.invalid, "unknown_preset", "There is no preset with this name."),
                DeclaredProblem(.invalid, "unknown_batch", "There is no batch with this id."),
                DeclaredProblem(.conflict, "batch_closed", "The batch is closed and accepts no more tasks."),
                DeclaredProblem(.invalid, "port_not_allowed", "`image_url` or `webhook_url` has a port that is not allowed."),
                DeclaredProblem(.invalid, "watermark_missing", "The task of a watermark does not exist, or has no source."),
                DeclaredProblem(.invalid, "idempotency_key_reused", "The key was used for a different request."),
                DeclaredProblem(.throttled, "too_many_uploads", "The user or the organisation has too many unfinished uploads."),
                DeclaredProblem(
                    .throttled, "queue_full", "Too many tasks of the organisation are waiting; `Retry-After` says when there may be room."),
                DeclaredProblem(.insufficientStorage, "insufficient_storage", "The disk or the object store is full."),
            ], handler: handler)
    }

    private static let pipeline = JSONSchema.component(Pipeline.schemaName).orNull.described(
        "The outputs to produce; not together with `preset`.")
    private static let preset = JSONSchema.presetName.orNull.described("The name of a preset; not together with `pipeline`.")
    private static let priority = JSONSchema.priority.orNull.described(
        "The priority of the task; by default that of the batch, the preset or the API key, in this order, or else `normal`. Workers take "
            + "tasks of the three priorities in the proportion 16:4:1 while there are some of each. Use `low` for imports of many images."
    )

    private static let batch = BatchID.schema.orNull.described("The open batch to which the task belongs.")

    private static let webhook = JSONSchema.string(format: "uri", length: 1...2048).orNull.described(
        "A URL that is notified when the task ends, besides the webhooks of the organisation; signed with the secret of `default`."
    )

    /// The example that tools fill in for users who only choose a file.
    private static let examplePipeline: JSONValue = [
        "outputs": [["name": "image", "format": "webp", "operations": [["op": "resize", "width": 1600, "fit": "inside"]]]]
    ]

    private static let jsonForm = JSONSchema.object(
        [
            "image_url": .string(format: "uri", length: 1...2048).described("An absolute `http` or `https` URL of at most 2,048 bytes."),
            "pipeline": pipeline, "preset": preset, "priority": priority, "batch": batch, "webhook_url": webhook,
        ], required: ["image_url"], isClosed: true)

    private static let form = JSONSchema.object(
        [
            "file": JSONSchema.bytes.described("The image."), "pipeline": pipeline.with("examples", [examplePipeline]),
            "preset": preset.with("examples", [""]), "priority": priority.with("examples", ["low"]),
            "batch": batch.with("examples", [""]), "webhook_url": webhook.with("examples", [""]),
        ], required: ["file"], isClosed: true)
}

extension JSONSchema {
    static let priority = JSONSchema.choice(Lane.allCases.map(\.rawValue))
}
