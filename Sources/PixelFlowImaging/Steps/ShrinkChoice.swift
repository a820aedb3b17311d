import PixelFlowCore

/// Chooses how small the decoder may make the source so that every output still gets its detail.
enum ShrinkChoice {
    /// The decoder's image stays at least this much larger than the output.
    ///
    /// Measured: see `docs/benchmarks.md`; at 1.3 and above the result differs from the full decode
    /// by less than 0.001 in SSIM. libvips' own thumbnailer keeps 2.
    static let margin = 1.3

    static func options(for header: SourceHeader, _ pipeline: Pipeline) -> LoadOptions {
        var options = LoadOptions()
        if header.format.hasFrames, header.frames > 1, pipeline.outputs.contains(where: \.animated) { options.frames = -1 }
        let factor = shrinkFactor(for: header, pipeline)
        switch header.format {
        case .jpeg: options.shrink = [8, 4, 2].first { factor >= Double($0) * margin } ?? 1
        case .webp: options.scale = options.frames == 1 && factor > margin ? margin / factor : 1
        default: break
        }
        return options
    }

    /// How many times smaller than the source the largest output is; 1 where one needs every pixel.
    private static func shrinkFactor(for header: SourceHeader, _ pipeline: Pipeline) -> Double {
        let factors = pipeline.outputs.map { shrinkFactor(for: header, $0.operations) }
        return max(1, factors.min() ?? 1)
    }

    private static func shrinkFactor(for header: SourceHeader, _ operations: [ImageOperation]) -> Double {
        var width = header.uprightWidth
        var height = header.uprightHeight
        for operation in operations {
            switch operation {
            case .resize(let resize):
                let size = ResizePlan(resize, width: width, height: height)
                return min(Double(width) / Double(size.scaledWidth), Double(height) / Double(size.scaledHeight))
            case .rotate(let rotate) where rotate.quarterTurns != nil:
                if rotate.quarterTurns == 1 || rotate.quarterTurns == 3 { swap(&width, &height) }
            case .flip, .flop, .grayscale, .modulate, .gamma, .negate, .tint, .flatten:
                continue
            case .crop, .rotate, .blur, .sharpen, .pad, .trim, .round, .watermark:
                // These count in pixels of the source.
                return 1
            }
        }
        return 1
    }
}
