import PixelFlowCore
import WireFormats

/// Applies the steps of one output to the decoded frames and encodes the result.
struct OutputRendering {
    let spec: OutputSpec
    let header: SourceHeader
    let limits: ImageLimits
    let marks: OverlaySet

    /// - Throws: `OutputError` with a message of our own, because messages of libvips may quote the source.
    func run(_ decoded: Frames) throws -> (result: OutputResult, bytes: EncodedBytes) {
        var frames = decoded
        for operation in spec.operations {
            try check(operation.step.peak(from: (frames.width, frames.height)), frames.images.count)
            try apply(operation, to: &frames)
        }
        let format = Encode.chosenFormat(spec.format, source: header.format, hasAlpha: frames.first.hasAlpha)
        if format != .gif && format != .webp { frames = frames.still }
        try Finish.check(frames, format, spec.encoder)
        do {
            let bytes = try encoded(frames, format)
            try check(bytes)
            let result = OutputResult(
                name: spec.name, format: format, width: frames.width, height: frames.height,
                frames: try Encode.frameCount(of: bytes, format))
            return (result, bytes)
        } catch let failure as OutputError {
            throw failure
        } catch {
            throw MemoryShortage.named(
                OutputError(
                    code: "encoding_failed",
                    message: "The output of \(frames.width) x \(frames.height) pixels could not be encoded as \(format.rawValue)."))
        }
    }

    private func apply(_ operation: ImageOperation, to frames: inout Frames) throws {
        do {
            try operation.step.apply(to: &frames, marks: marks)
        } catch is VipsError {
            throw MemoryShortage.named(OutputError(code: "output_failed", message: "The operation \(operation.name) failed."))
        }
    }

    private func encoded(_ frames: Frames, _ format: ImageFormat) throws -> EncodedBytes {
        let picture = try Finish.joined(frames, format)
        let quality = spec.encoder.quality ?? Encode.standardQuality(format)
        let pageHeight = frames.images[0].height
        guard let limit = spec.encoder.maxBytes else {
            return try Encode.encoded(picture, format, spec.encoder, quality: quality, pageHeight: pageHeight)
        }
        let kept = try picture.inMemory()
        let lossy = format == .jpeg || (format == .webp || format == .avif) && !spec.encoder.lossless
        return try SizeLimit.fit(limit, from: quality, lossy: lossy) {
            try Encode.encoded(kept, format, spec.encoder, quality: $0, pageHeight: pageHeight)
        }
    }

    private func check(_ bytes: EncodedBytes) throws {
        guard bytes.count <= limits.outputBytes else {
            throw OutputError(
                code: "output_too_large",
                message: "The output has \(bytes.count.counted("byte")); at most \(limits.outputBytes) are allowed.")
        }
    }

    private func check(_ size: PixelSize, _ frames: Int) throws {
        guard size.width * size.height * frames <= limits.pixels else {
            throw OutputError(
                code: "too_many_pixels",
                message: "The output would have \(size.width) x \(size.height) pixels; \(limits.pixels) are allowed.")
        }
    }
}
