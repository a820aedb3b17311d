import CVips
import PixelFlowCore

extension ImageOperation.Watermark: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        // libvips merges the metadata of its inputs: remove that of the watermark.
        let sized = try sized(try marks.mark(image).carrying(resolution: nil) { _ in false }, frames)
        var faded = try Colour.converted(try sized.withAlpha(), toSpaceOf: frames.first)
        if opacity < 1 {
            let colour = try faded.applying("extract_band", ["band": .integer(0), "n": .integer(faded.bands - 1)])
            let alpha = try faded.alpha().applying("linear", ["a": .numbers([opacity]), "b": .numbers([0.5])])
            faded = try Image.make("bandjoin", ["in": .images([colour, try alpha.applying("cast", ["format": .uchar])])])
        }
        let layer = try (tile ? Self.tiled(faded, frames) : faded).inMemory()
        let anchor = position.anchor ?? (1, 1)
        let left = Int(Double(frames.width - layer.width) * anchor.x)
        let top = Int(Double(frames.height - layer.height) * anchor.y)
        try frames.mapInPlace { try Self.composed($0, layer, left: left, top: top) }
    }

    /// A layer with the size of the picture.
    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory { .layer(size) }

    private func sized(_ mark: Image, _ frames: Frames) throws -> Image {
        let fitting = min(1, Double(frames.width) / Double(mark.width), Double(frames.height) / Double(mark.height))
        let wanted = scale.map { $0 * Double(frames.width) / Double(mark.width) } ?? fitting
        // A watermark of the full width must still not be taller than the picture.
        let factor = min(wanted, Double(frames.height) / Double(mark.height))
        func edge(_ length: Int) -> Int { max(1, Int((Double(length) * factor).rounded())) }
        return try mark.scaled(width: edge(mark.width), height: edge(mark.height))
    }

    private static func tiled(_ mark: Image, _ frames: Frames) throws -> Image {
        let across = (frames.width + mark.width - 1) / mark.width
        let down = (frames.height + mark.height - 1) / mark.height
        return try mark.inMemory().applying("replicate", ["across": .integer(across), "down": .integer(down)])
            .cut(left: 0, top: 0, width: frames.width, height: frames.height)
    }

    private static func composed(_ image: Image, _ layer: Image, left: Int, top: Int) throws -> Image {
        let base = image.bands >= 3 ? image : try image.applying("colourspace", ["space": .sRGB])
        let joined = try Image.make(
            "composite2",
            [
                "base": .image(base), "overlay": .image(layer), "mode": .integer(Int(VIPS_BLEND_MODE_OVER.rawValue)),
                "x": .integer(left), "y": .integer(top),
            ])
        let bytes = joined.isBytes ? joined : try joined.applying("cast", ["format": .uchar])
        return base.hasAlpha ? bytes : try bytes.applying("extract_band", ["band": .integer(0), "n": .integer(3)])
    }
}
