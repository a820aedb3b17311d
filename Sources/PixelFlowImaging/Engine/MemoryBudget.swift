import CVips
import PixelFlowCore

/// Estimates the peak memory of rendering from the header and the pipeline, before a pixel is decoded.
///
/// It adds up the decoder's buffers, the decoded pixels from which every output starts, the pictures that an output's steps keep
/// in memory, and the encoder's buffers. Everything else is processed in strips of some hundred kilobytes. The factors were
/// measured with libvips 8.14 as the growth of resident memory per pixel, on noise and on a single colour, whichever is larger.
struct MemoryBudget {
    private let header: SourceHeader
    private let options: LoadOptions
    private let limits: ImageLimits
    private var limit: Int { limits.memoryBytes }
    /// Bytes of the decoded pixels for all outputs, which stay in memory until the job ends.
    private let kept: Int
    private let frames: Int

    /// - Throws: `RenderError` `image_too_large_in_memory` if the source alone needs too much.
    init(_ header: SourceHeader, _ pipeline: Pipeline, limits: ImageLimits) throws {
        self.header = header
        options = ShrinkChoice.options(for: header, pipeline)
        self.limits = limits
        frames = options.frames == -1 ? header.frames + header.bytes.insertedFrames.count : 1
        let decoded = MemoryBudget.decoded(header, options, frames)
        kept = decoded * header.colours(of: pipeline).count
        let peak = kept + MemoryBudget.copied(header, decoded, frames) + MemoryBudget.decoder(header, options, frames)
        try MemoryBudget.admit(peak, limits)
    }

    private static func admit(_ peak: Int, _ limits: ImageLimits) throws {
        guard peak <= limits.memoryBytes else {
            throw RenderError(
                .invalid, "image_too_large_in_memory",
                "Decoding the image would need \(megabytes(peak)) MB of memory; \(megabytes(limits.memoryBytes)) MB are allowed.")
        }
    }

    /// The limits for images that are decoded in addition to the source.
    var rest: ImageLimits {
        var rest = limits
        rest.memoryBytes = max(0, limit - kept)
        return rest
    }

    /// - Parameter others: bytes of the watermarks that are already decoded.
    /// - Returns: bytes of this one.
    static func mark(_ header: SourceHeader, limits: ImageLimits, beside others: Int) throws -> Int {
        let options = LoadOptions()
        let kept = decoded(header, options, 1)
        try admit(others + kept + copied(header, kept, 1) + decoder(header, options, 1), limits)
        return kept
    }

    /// - Parameter others: bytes of the decoded watermarks.
    /// - Throws: `OutputError` `output_too_large_in_memory` if this output needs too much in addition to the source.
    func check(_ spec: OutputSpec, beside others: Int) throws {
        let peak = kept + others + MemoryBudget.output(spec, header, spec.animated ? frames : 1, limits)
        guard peak <= limit else {
            throw OutputError(
                code: "output_too_large_in_memory",
                message: "The output would need \(Self.megabytes(peak)) MB of memory; \(Self.megabytes(limit)) MB are allowed.")
        }
    }

    // MARK: The source

    /// The size as 8-bit sRGB, whatever the file stores.
    private static func decoded(_ header: SourceHeader, _ options: LoadOptions, _ frames: Int) -> Int {
        let scale = options.scale / Double(options.shrink)
        let width = Int((Double(header.width) * scale).rounded(.up))
        let height = Int((Double(header.height) * scale).rounded(.up))
        return width * height * frames * (header.hasAlpha ? 4 : 3)
    }

    /// Four steps copy the pixels: dropping an opaque alpha channel, applying the orientation, applying transformations and splitting
    /// the frames.
    private static func copied(_ header: SourceHeader, _ decoded: Int, _ frames: Int) -> Int {
        if header.bytes.transforms != nil { return header.decodedSize.width * header.decodedSize.height * 4 * 2 }
        return (header.hasAlpha ? decoded / 4 * 3 : 0) + (header.orientation > 1 || frames > 1 ? decoded : 0)
    }

    /// The decoder's memory in addition to the decoded pixels.
    private static func decoder(_ header: SourceHeader, _ options: LoadOptions, _ frames: Int) -> Int {
        let frame = header.decodedSize.width * header.decodedSize.height
        let stored = frame * header.opened.bands * header.opened.bytesPerBand
        switch header.format {
        // The coefficients of the whole picture, two bytes each, regardless of the shrink.
        case .jpeg: return header.opened.isInterlaced ? frame * header.opened.bands * 2 : 0
        case .png: return header.opened.isInterlaced ? stored : 0
        // The current frame in four bands, the canvas on which frames are drawn, and the whole picture for libvips.
        case .webp: return frame * 8 + decoded(header, options, frames)
        case .gif: return frame * 8
        // One tile or strip, which may be the whole picture.
        case .tiff: return stored
        // The planes of the video decoder and of the container library, and the interleaved pixels.
        case .avif, .heic: return stored * 3
        }
    }

    // MARK: One output

    /// Counts only the steps before the first that exceeds the limit of pixels, because the sizes after it may be beyond what an integer
    /// holds. There, the output will fail, unless an earlier step leaves less than predicted: then the picture may have up to that limit.
    private static func output(_ spec: OutputSpec, _ header: SourceHeader, _ frames: Int, _ limits: ImageLimits) -> Int {
        var size = (width: header.uprightWidth, height: header.uprightHeight)
        var steps = StepBytes(frames: frames)
        var isUpperBound = false
        for step in spec.operations.map(\.step) {
            let largest = step.peak(from: size)
            guard largest.width * largest.height * frames <= limits.pixels else {
                guard isUpperBound else { return steps.peak }
                size = (limits.pixels / frames, 1)
                steps.add(.picture(size))
                break
            }
            steps.add(step.memory(at: size, isComputed: steps.isComputed))
            size = step.size(after: size)
            isUpperBound = isUpperBound || step.mayShrinkFurther
        }
        let hasAlpha = header.hasAlpha || spec.operations.contains { $0.step.addsAlpha }
        let format = Encode.chosenFormat(spec.format, source: header.format, hasAlpha: hasAlpha)
        let isAnimation = format == .gif || format == .webp
        let pixels = size.width * size.height
        var whole = steps.held
        if spec.encoder.maxBytes != nil { whole += pixels * 4 * (isAnimation ? frames : 1) }
        // Frames are encoded one after the other. All encoded frames together are at most as large as their pixels.
        let encoded = pixels * 4 * (isAnimation ? frames : 1)
        return max(steps.peak, whole + encoder(format, spec.encoder, hasAlpha, pixels) + min(encoded, 256 << 20))
    }

    /// Bytes of the pictures that the steps of an output keep in memory.
    private struct StepBytes {
        let frames: Int
        /// Whether the picture is in memory after the steps so far. The decoded source is.
        private(set) var isComputed = true
        /// What the picture refers to after the steps so far, in addition to the decoded source.
        private(set) var held = 0
        private(set) var peak = 0

        init(frames: Int) { self.frames = frames }

        mutating func add(_ memory: StepMemory) {
            let before = held
            switch memory {
            case .none: isComputed = false
            case .picture(let size):
                held = bytes(size)
                // Some of these steps go on with a description: `trim`, for example, cuts.
                isComputed = false
                peak = max(peak, before + held)
            case .layer(let size):
                held += bytes(size)
                isComputed = false
                peak = max(peak, held)
            case .mask(let size):
                held += size.width * size.height
                isComputed = false
                peak = max(peak, held + size.width * size.height)
            }
        }

        private func bytes(_ size: PixelSize) -> Int { size.width * size.height * 4 * frames }
    }

    /// The encoder's memory in addition to its file.
    private static func encoder(_ format: ImageFormat, _ options: EncoderOptions, _ hasAlpha: Bool, _ pixels: Int) -> Int {
        switch format {
        case .jpeg: return options.progressive || options.optimisesJPEG ? pixels * 7 : 0
        case .png: return options.progressive ? pixels * 5 : 0
        case .webp: return pixels * (options.lossless || hasAlpha ? 37 : options.chroma == .full ? 20 : 15)
        case .avif:
            let isFull = options.lossless || options.chroma == .full || (options.quality ?? 0) >= 90
            return pixels * ((isFull ? 41 : 22) + (hasAlpha ? 4 : 0))
        // The palette tables have an upper bound.
        case .gif: return min(pixels * 40, 100_000_000) + pixels * 8
        case .tiff: return pixels
        }
    }

    private static func megabytes(_ bytes: Int) -> Int { (bytes + 999_999) / 1_000_000 }
}
