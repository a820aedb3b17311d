import CVips
import PixelFlowCore

/// Converts the output of any loader to the form that later steps require: 8 bits per sample, one or three bands of
/// colour, followed by alpha if the image has it.
enum Normalise {
    /// Only describes the conversion. libvips computes it later, strip by strip, so that the wider samples are never
    /// in memory as a whole.
    static func image(_ stored: Image, _ layout: PixelLayout, to profile: EncoderOptions.ColorProfile) throws -> Image {
        let numbers = layout.isHalf ? try HalfPrecision.numbers(of: stored) : stored
        let wide = layout.isNarrow ? try numbers.widened(layout.colours) : numbers
        let opened = layout.isPremultiplied ? try wide.divided() : wide
        if layout.isPlain(opened), let plain = try plain(opened, layout, profile) { return plain }
        let colours = try Colour.converted(try Samples.colours(of: opened, layout), layout, to: profile)
        guard let alpha = layout.alpha else { return colours }
        // `bandjoin` merges the metadata of its inputs: a profile that the colours have dropped must not come back.
        let plain = try Samples.alpha(of: opened, band: alpha).removing([Colour.iccField])
        return try Image.make("bandjoin", ["in": .images([colours, plain])])
    }

    /// The common cases in which alpha need not be separated from the colours; nil for others.
    private static func plain(_ image: Image, _ layout: PixelLayout, _ profile: EncoderOptions.ColorProfile) throws -> Image? {
        guard image.isBytes, layout.model == .rgb || layout.model == .grey else { return nil }
        guard layout.alpha == nil || image.withBlob(Colour.iccField, { _ in () }) == nil else { return nil }
        return try Colour.converted(image, layout, to: profile)
    }

    /// The invariants on which all later steps rely.
    static func holds(_ image: Image) -> Bool {
        guard image.isBytes, !image.isPackedLab, (1...4).contains(image.bands) else { return false }
        return image.hasAlpha == (image.bands % 2 == 0)
    }
}

/// Converts samples of any depth to the 8 or 16 bits that the colour conversions accept.
private enum Samples {
    /// L*a*b* and XYZ unchanged; everything else as 8 or 16 bits over the full range.
    static func colours(of image: Image, _ layout: PixelLayout) throws -> Image {
        // Unpack first: the direct conversion of packed L*a*b* to sRGB is dithered.
        let unpacked = image.isPackedLab ? try image.applying("LabQ2Lab") : image
        let colours = try unpacked.bands == layout.colours ? unpacked : unpacked.bands(0, layout.colours)
        return layout.model == .absolute ? colours : try integers(colours, layout)
    }

    /// The alpha channel as one band of 8 bits.
    static func alpha(of image: Image, band: Int) throws -> Image {
        let alpha = try image.bands(band, 1)
        switch alpha.format {
        case VIPS_FORMAT_UCHAR: return alpha
        case VIPS_FORMAT_FLOAT: return try alpha.scaled(by: 255, to: .uchar)
        case VIPS_FORMAT_SHORT:
            // Next to 16-bit L*a*b*: unsigned samples that libvips stores as signed.
            let unsigned = try alpha.applying("cast", ["format": .int])
                .applying("boolean_const", ["boolean": .integer(Int(VIPS_OPERATION_BOOLEAN_AND.rawValue)), "c": .numbers([65535])])
            return try unsigned.applying("cast", ["format": .ushort]).inBytes()
        default: return try alpha.inBytes()
        }
    }

    private static func integers(_ image: Image, _ layout: PixelLayout) throws -> Image {
        switch image.format {
        case VIPS_FORMAT_UCHAR, VIPS_FORMAT_USHORT: return image
        case VIPS_FORMAT_FLOAT:
            // libvips divides by alpha with a full range of 255, regardless of the actual range.
            let range = layout.isDivided ? 65535.0 / 255 : 65535
            return layout.isInverted ? try image.scaled(by: -range, from: 65535, to: .ushort) : try image.scaled(by: range, to: .ushort)
        default: return try image.applying("cast", ["format": .ushort, "shift": .flag(true)])
        }
    }
}

extension Image {
    func bands(_ first: Int, _ count: Int) throws -> Image {
        try applying("extract_band", ["band": .integer(first), "n": .integer(count)])
    }

    /// Colours of 8 or 16 bits in which black was 16 and white 235 of 255.
    fileprivate func widened(_ colours: Int) throws -> Image {
        let (black, white): (Double, Double) = isBytes ? (16, 235) : (16 * 256.0, 235 * 256.0)
        let factor = (isBytes ? 255 : 65535) / (white - black)
        let others = bands - colours
        let factors = [Double](repeating: factor, count: colours) + [Double](repeating: 1, count: others)
        let starts = [Double](repeating: 0.5 - black * factor, count: colours) + [Double](repeating: 0, count: others)
        return try applying("linear", ["a": .numbers(factors), "b": .numbers(starts)])
            .applying("cast", ["format": .integer(Int(format.rawValue))])
    }

    /// Colours of 8 or 16 bits, divided by the alpha band after them.
    fileprivate func divided() throws -> Image {
        try applying("unpremultiply", ["max_alpha": .number(isBytes ? 255 : 65535)])
            .applying("linear", ["a": .numbers([1]), "b": .numbers([0.5])])
            .applying("cast", ["format": .integer(Int(format.rawValue))])
    }

    /// The upper 8 bits of each sample.
    func inBytes() throws -> Image {
        isBytes ? self : try applying("cast", ["format": .uchar, "shift": .flag(true)])
    }

    /// Floating-point samples as rounded integers, clamped to the range.
    fileprivate func scaled(by factor: Double, from start: Double = 0, to format: VipsArgument) throws -> Image {
        try applying("linear", ["a": .numbers([factor]), "b": .numbers([start + 0.5])]).applying("cast", ["format": format])
    }
}
