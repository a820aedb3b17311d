package import NIOCore

/// Decodes a source once and encodes every output of a pipeline.
///
/// Untrusted bytes are never decoded in the caller's process. Cancelling the calling task kills
/// the work immediately and throws `CancellationError`.
package protocol Renderer: Sendable {
    /// - Throws: `PixelFlowError` with `retry == .permanent` if the source is the cause
    ///   (`not_an_image`, `unsupported_format`, `truncated_image`, `damaged_image`,
    ///   `too_many_pixels`, `too_many_frames`, `image_too_large_in_memory`, `render_timeout`), `.crash` if the render
    ///   process crashed (`render_crashed`), `.killed` if it was killed from outside
    ///   (`render_killed`), `.outage` if no render process could be started.
    ///   A failed output is not an error: see `RenderedOutput.result`.
    func render(_ job: RenderJob) async throws -> RenderReport
    /// Returns once jobs no longer have to wait for processes to start.
    func warmUp() async
}

extension Renderer {
    /// The default, for a renderer without processes.
    package func warmUp() async {}
}

/// A source and its processing.
package struct RenderJob: Sendable {
    /// The encoded image, as uploaded or fetched.
    package var source: ByteBuffer
    package var pipeline: Pipeline
    /// The encoded images of `watermark` operations, by the task ids that these use.
    package var overlays: [String: ByteBuffer]
    package var limits: ImageLimits
    /// The owner of the image. A render process that has seen an image of one tenant is not used for another one.
    package var tenant: TenantID?
    /// The priority of the task: jobs with a higher priority start first.
    package var lane: Lane
    /// Whether nothing else may be rendered simultaneously: the image is suspected of causing crashes, and must be the only
    /// possible cause of the next one.
    package var runsAlone: Bool
    /// Called after each output, with (done, total).
    package var onProgress: (@Sendable (Int, Int) -> Void)?
    /// Receives each output as soon as it is rendered; the report then contains none. While one output is being
    /// handled, only the next one may be rendered, so a job has at most two in memory. An error that this throws
    /// ends the job.
    package var onOutput: (@Sendable (RenderedOutput) async throws -> Void)?

    package init(
        source: ByteBuffer,
        pipeline: Pipeline,
        overlays: [String: ByteBuffer] = [:],
        limits: ImageLimits = ImageLimits(),
        tenant: TenantID? = nil,
        lane: Lane = .normal,
        runsAlone: Bool = false,
        onProgress: (@Sendable (Int, Int) -> Void)? = nil,
        onOutput: (@Sendable (RenderedOutput) async throws -> Void)? = nil
    ) {
        self.source = source
        self.pipeline = pipeline
        self.overlays = overlays
        self.limits = limits
        self.tenant = tenant
        self.lane = lane
        self.runsAlone = runsAlone
        self.onProgress = onProgress
        self.onOutput = onOutput
    }
}

/// The result of a job: metadata of the source, and the outputs in the order of the pipeline; none
/// if `RenderJob.onOutput` has received them.
package struct RenderReport: Sendable {
    package var source: SourceMetadata
    package var outputs: [RenderedOutput]
    /// Time spent in the render process.
    package var duration: Duration
    /// The part of `duration` before the first output: decoding and analysing the source.
    package var decoding: Duration

    package init(source: SourceMetadata, outputs: [RenderedOutput], duration: Duration, decoding: Duration = .zero) {
        self.source = source
        self.outputs = outputs
        self.duration = duration
        self.decoding = decoding
    }
}

/// Information about a decoded source.
package struct SourceMetadata: Sendable, Hashable, Codable {
    /// The format according to the bytes, regardless of the file name or content type.
    package var format: String
    /// Pixels, after the EXIF orientation has been applied.
    package var width: Int
    package var height: Int
    package var bytes: Int
    package var frames: Int
    /// The EXIF orientation of the file, 1 to 8.
    package var orientation: Int
    package var hasAlpha: Bool
    /// A placeholder in the format of blurha.sh, with 4 x 3 components (3 x 4 for portraits).
    package var blurhash: String?
    /// The most common colour as `#rrggbb`.
    package var dominantColor: String?

    package init(
        format: String, width: Int, height: Int, bytes: Int, frames: Int = 1, orientation: Int = 1,
        hasAlpha: Bool = false, blurhash: String? = nil, dominantColor: String? = nil
    ) {
        self.format = format
        self.width = width
        self.height = height
        self.bytes = bytes
        self.frames = frames
        self.orientation = orientation
        self.hasAlpha = hasAlpha
        self.blurhash = blurhash
        self.dominantColor = dominantColor
    }

    enum CodingKeys: String, CodingKey {
        case format, width, height, bytes, frames, orientation, blurhash
        case hasAlpha = "has_alpha"
        case dominantColor = "dominant_color"
    }
}

/// A named output: an image, or the reason why there is none.
package struct RenderedOutput: Sendable {
    package var name: String
    package var result: Result<RenderedImage, OutputError>
    /// Time spent on it in the render process.
    package var duration: Duration
    /// When the worker received it.
    package let receivedAt = ContinuousClock.now

    package init(name: String, result: Result<RenderedImage, OutputError>, duration: Duration = .zero) {
        self.name = name
        self.result = result
        self.duration = duration
    }
}

/// An encoded image.
package struct RenderedImage: Sendable {
    package var format: ImageFormat
    package var width: Int
    package var height: Int
    package var frames: Int
    package var bytes: ByteBuffer

    package init(format: ImageFormat, width: Int, height: Int, frames: Int = 1, bytes: ByteBuffer) {
        self.format = format
        self.width = width
        self.height = height
        self.frames = frames
        self.bytes = bytes
    }
}

/// Why an output failed while others may have succeeded.
package struct OutputError: Error, Sendable, Hashable, Codable {
    package var code: String
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
