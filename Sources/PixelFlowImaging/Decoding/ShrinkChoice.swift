import PixelFlowCore

/// Chooses how far the decoder may shrink the source without losing detail that an output needs.
enum ShrinkChoice {
    /// The shrinks of libjpeg, the largest first. For each, `margin` is the factor by which the decoder's image must
    /// remain larger than the output.
    ///
    /// Measured on photographs of 4032 x 3024: with these margins, the SSIM against the full decode is
    /// less than 0.001 below that of the next smaller shrink. libvips' own thumbnailer uses 2 for all.
    private static let shrinks = [(shrink: 8, margin: 1.5), (shrink: 4, margin: 1.8), (shrink: 2, margin: 2.0)]

    /// libwebp averages boxes, which visibly loses detail if little scaling follows.
    private static let webPMargin = 2.0

    static func options(for header: SourceHeader, _ pipeline: Pipeline) -> LoadOptions {
        var options = LoadOptions()
        if header.format.hasFrames, header.frames > 1, pipeline.outputs.contains(where: \.animated) { options.frames = -1 }
        let factor = shrinkFactor(for: header, pipeline)
        switch header.format {
        case .jpeg: options.shrink = shrinks.first { factor >= Double($0.shrink) * $0.margin }?.shrink ?? 1
        case .webp: options.scale = options.frames == 1 && factor > webPMargin ? webPMargin / factor : 1
        default: break
        }
        return options
    }

    /// How many times smaller than the source the largest output is; 1 if an output needs every pixel.
    private static func shrinkFactor(for header: SourceHeader, _ pipeline: Pipeline) -> Double {
        let factors = pipeline.outputs.map { shrinkFactor(for: header, $0.operations) }
        return max(1, factors.min() ?? 1)
    }

    private static func shrinkFactor(for header: SourceHeader, _ operations: [ImageOperation]) -> Double {
        var size = (width: header.uprightWidth, height: header.uprightHeight)
        for step in operations.map(\.step) {
            switch step.detail(at: size) {
            case .full: return 1
            case .any: size = step.size(after: size)
            case .reduced(let factor): return factor
            }
        }
        return 1
    }
}
