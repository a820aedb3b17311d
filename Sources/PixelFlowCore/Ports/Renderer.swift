public import NIOCore

/// Decodes a source once and encodes every output of a pipeline.
///
/// Untrusted bytes are never decoded in the caller's process. Cancelling the calling task kills
/// the work at once and throws `CancellationError`.
public protocol Renderer: Sendable {
    /// - Throws: `PixelFlowError` with `retry == .permanent` where the source is at fault
    ///   (`not_an_image`, `unsupported_format`, `truncated_image`, `damaged_image`, `too_many_pixels`,
    ///   `too_many_frames`, `render_timeout`), `.crash` where the render process died
    ///   (`render_crashed`), `.outage` where no render process could be started.
    ///   One output that cannot be made is no error: see `RenderedOutput.result`.
    func render(_ job: RenderJob) async throws -> RenderReport
    /// Returns once jobs need not wait for anything to be started.
    func warmUp() async
}

extension Renderer {
    /// For a renderer that starts nothing.
    public func warmUp() async {}
}

/// One source and what to make of it.
public struct RenderJob: Sendable {
    /// The encoded image, as it was uploaded or fetched.
    public var source: ByteBuffer
    public var pipeline: Pipeline
    /// Encoded images that `watermark` operations name, by that name.
    public var overlays: [String: ByteBuffer]
    public var limits: ImageLimits
    /// Told after each output that is done, as (done, total).
    public var onProgress: (@Sendable (Int, Int) -> Void)?

    public init(
        source: ByteBuffer,
        pipeline: Pipeline,
        overlays: [String: ByteBuffer] = [:],
        limits: ImageLimits = ImageLimits(),
        onProgress: (@Sendable (Int, Int) -> Void)? = nil
    ) {
        self.source = source
        self.pipeline = pipeline
        self.overlays = overlays
        self.limits = limits
        self.onProgress = onProgress
    }
}

/// What came of a job: facts of the source, and each output by itself, in the pipeline's order.
public struct RenderReport: Sendable {
    public var source: SourceFacts
    public var outputs: [RenderedOutput]
    /// Time spent in the render process.
    public var duration: Duration

    public init(source: SourceFacts, outputs: [RenderedOutput], duration: Duration) {
        self.source = source
        self.outputs = outputs
        self.duration = duration
    }
}

/// What is known of a source once it has been decoded.
public struct SourceFacts: Sendable, Hashable, Codable {
    /// The format found in the bytes, whatever the name or the header said.
    public var format: String
    /// Pixels, upright: after the EXIF orientation has been applied.
    public var width: Int
    public var height: Int
    public var bytes: Int
    public var frames: Int
    /// EXIF orientation of the file, 1 to 8.
    public var orientation: Int
    public var hasAlpha: Bool
    /// A placeholder as of blurha.sh, 4 x 3 components (3 x 4 for portraits).
    public var blurhash: String?
    /// The most common colour, as `#rrggbb`.
    public var dominantColor: String?

    public init(
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

/// One named output: an image, or why there is none.
public struct RenderedOutput: Sendable {
    public var name: String
    public var result: Result<RenderedImage, OutputFailure>

    public init(name: String, result: Result<RenderedImage, OutputFailure>) {
        self.name = name
        self.result = result
    }
}

/// An encoded image.
public struct RenderedImage: Sendable {
    public var format: ImageFormat
    public var width: Int
    public var height: Int
    public var frames: Int
    public var bytes: ByteBuffer

    public init(format: ImageFormat, width: Int, height: Int, frames: Int = 1, bytes: ByteBuffer) {
        self.format = format
        self.width = width
        self.height = height
        self.frames = frames
        self.bytes = bytes
    }
}

/// Why one output could not be made while the others could.
public struct OutputFailure: Error, Sendable, Hashable, Codable {
    public var code: String
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
