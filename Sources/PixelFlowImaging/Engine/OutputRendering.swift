import PixelFlowCore

/// Takes the decoded frames through the steps of one output to its encoded bytes.
struct OutputRendering {
    let spec: OutputSpec
    let header: SourceHeader
    let limits: ImageLimits
    let marks: OverlaySet

    func run(_ decoded: Frames) throws -> (result: OutputResult, bytes: EncodedBytes) {
        var frames = decoded
        for operation in spec.operations {
            try check(frames.grown(by: operation), frames.images.count)
            try frames.apply(operation, mark: marks.mark)
        }
        let format = Encode.chosenFormat(spec.format, source: header.format, hasAlpha: frames.first.hasAlpha)
        if format != .gif && format != .webp { frames = frames.still }
        try Finish.check(frames, format)
        let bytes = try encoded(frames, format)
        guard bytes.count <= limits.outputBytes else {
            throw OutputFailure(
                code: "output_too_large", message: "The output has \(bytes.count) bytes; \(limits.outputBytes) are allowed.")
        }
        let result = OutputResult(
            name: spec.name, format: format, width: frames.width, height: frames.height, frames: frames.images.count)
        return (result, bytes)
    }

    private func encoded(_ frames: Frames, _ format: ImageFormat) throws -> EncodedBytes {
        let picture = try Finish.joined(frames, format, spec.encoder)
        let quality = spec.encoder.quality ?? Encode.standardQuality(format)
        let pageHeight = frames.images[0].height
        guard let limit = spec.encoder.maxBytes else {
            return try Encode.encoded(picture, format, spec.encoder, quality: quality, pageHeight: pageHeight)
        }
        var options = spec.encoder
        options.quality = quality
        let kept = try picture.inMemory()
        let lossy = format == .jpeg || (format == .webp || format == .avif) && !options.lossless
        return try SizeLimit.fit(limit, from: quality, lossy: lossy) {
            try Encode.encoded(kept, format, options, quality: $0, pageHeight: pageHeight)
        }
    }

    private func check(_ size: (width: Int, height: Int), _ frames: Int) throws {
        guard size.width * size.height * frames <= limits.pixels else {
            throw OutputFailure(
                code: "too_many_pixels",
                message: "The output would have \(size.width) x \(size.height) pixels; \(limits.pixels) are allowed.")
        }
    }
}
