import CVips
import PixelFlowCore

/// Decodes the source once and keeps the pixels for all outputs.
enum Decode {
    /// - Parameter isFresh: whether `header.opened` can still be used, because nothing has decoded it yet.
    /// - Throws: `RenderError` if the pixels cannot be read to the end.
    static func frames(
        of source: UnsafeRawBufferPointer, _ header: SourceHeader, _ options: LoadOptions, _ profile: EncoderOptions.ColorProfile,
        isFresh: Bool
    ) throws -> Frames {
        do {
            // Discard messages about the header or about another image.
            _ = VipsError.noted()
            _ = DecoderWarnings.taken()
            let fresh = header.opened.take(isFresh && options == LoadOptions())
            let opened = try header.withProfile(try fresh ?? Load.open(header.bytes.bytes, header.format, options))
            let normal = try Normalise.image(opened, header.layout, to: profile)
            let pixels = try (profile == .srgb ? try normal.removing([Colour.iccField]) : normal).inMemory()
            pixels.copyBlobs()
            if let fault = VipsError.noted().flatMap({ SourceFault.failure(noted: $0, source, header.format) }) { throw fault }
            if let warning = DecoderWarnings.taken() { throw SourceFault.failure(warning, source, header.format) }
            let stored = try split(try opaque(pixels), pageHeight: opened.integer("page-height"))
            let images = try header.own(stored).map { try onCanvas(try upright($0), header).transformed(header.bytes.transforms) }
            assert(images.allSatisfy(Normalise.holds), "an image that later steps cannot rely on")
            return Frames(
                images, width: header.uprightWidth, height: header.uprightHeight,
                delays: header.own(opened.integers("delay")), loop: opened.integer("loop") ?? 0)
        } catch let error as VipsError {
            throw SourceFault.failure(error, source, header.format)
        }
    }

    /// libvips stacks the frames of an animation on top of each other.
    ///
    /// Each frame is copied into its own pixels: if all shared one image, every step would first search all other frames.
    private static func split(_ image: Image, pageHeight: Int?) throws -> [Image] {
        guard let pageHeight, pageHeight > 0, pageHeight < image.height, image.height % pageHeight == 0 else { return [image] }
        return try stride(from: 0, to: image.height, by: pageHeight).map { top in
            try image.cut(left: 0, top: top, width: image.width, height: pageHeight).inMemory()
        }
    }

    private static func onCanvas(_ image: Image, _ header: SourceHeader) throws -> Image {
        guard header.isCanvasLarger else { return image }
        return try image.embedded(left: 0, top: 0, width: header.width, height: header.height, background: .transparent).inMemory()
    }

    private static func upright(_ image: Image) throws -> Image {
        guard let orientation = image.integer("orientation"), orientation > 1 else { return image }
        return try image.applying("autorot").inMemory()
    }

    /// Drops an alpha channel that is opaque everywhere: all later steps are a third faster without it.
    private static func opaque(_ image: Image) throws -> Image {
        guard image.hasAlpha else { return image }
        let bands = image.bands
        let isOpaque = try image.withPixels { pixels in
            stride(from: bands - 1, to: pixels.count, by: bands).allSatisfy { pixels[$0] == 255 }
        }
        guard isOpaque else { return image }
        return try image.applying("extract_band", ["band": .integer(0), "n": .integer(bands - 1)]).inMemory()
    }
}

extension Image {
    /// - Parameter transforms: nil for none.
    fileprivate func transformed(_ transforms: ISOTransforms?) throws -> Image {
        guard let transforms else { return self }
        return try transforms.steps.reduce(self) { image, step in
            switch step {
            case .rotation(0): image
            case .rotation(let turns):
                // libvips turns clockwise: VIPS_ANGLE_D90 is 1.
                try image.applying("rot", ["angle": .integer(4 - turns)])
            case .mirroring(let isHorizontal):
                try image.applying(
                    "flip", ["direction": .integer(Int((isHorizontal ? VIPS_DIRECTION_HORIZONTAL : VIPS_DIRECTION_VERTICAL).rawValue))])
            case .crop:
                try { try image.cut(left: $0.left, top: $0.top, width: $0.width, height: $0.height) }(
                    step.area(of: (image.width, image.height)))
            }
        }.inMemory()
    }

    func cut(left: Int, top: Int, width: Int, height: Int) throws -> Image {
        try applying(
            "extract_area",
            ["left": .integer(left), "top": .integer(top), "width": .integer(width), "height": .integer(height)],
            as: "input")
    }
}
