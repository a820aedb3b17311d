import CVips
import PixelFlowCore

/// Converts colours of 8 or 16 bits to 8 bits of sRGB or of their own colour space.
enum Colour {
    /// - Parameter image: the colours of `layout`, possibly followed by 8 bits of alpha if nothing is converted.
    /// - Returns: The image. With `keep`, it has its profile only if that fits and is usable.
    static func converted(_ image: Image, _ layout: PixelLayout, to profile: EncoderOptions.ColorProfile) throws -> Image {
        switch layout.model {
        case .absolute: return try LabColour.light(of: image, layout).applying("colourspace", ["space": .sRGB]).removing([iccField])
        case .cmyk: return try (transformed(image, .cmyk) ?? standardCMYK(image)).removing([iccField])
        case .rgb, .grey:
            let space: ICCProfile.Space = layout.model == .rgb ? .rgb : .grey
            if profile == .keep { return try kept(image, space) }
            return try transformed(image, space) ?? numbers(image, space, .sRGB)
        }
    }

    /// Converts with the embedded profile; nil if there is no usable one, or if it is equivalent to sRGB.
    static func transformed(_ image: Image, _ space: ICCProfile.Space) -> Image? {
        guard let embedded = image.withBlob(iccField, { ICCProfile($0) }), let embedded else { return nil }
        guard embedded.space == space, !embedded.isStandard else { return nil }
        if let curve = embedded.greyCurve { return try? GreyCurve.applied(curve, to: image) }
        return managed(image)
    }

    /// Nil if the profile turns out to be damaged, in which case the picture is still processed.
    private static func managed(_ image: Image) -> Image? {
        // A table-based profile may have tables for one intent only.
        for intent in [VIPS_INTENT_RELATIVE, VIPS_INTENT_PERCEPTUAL] {
            let arguments: VipsArguments = [
                "output_profile": .text("srgb"), "embedded": .flag(true), "intent": .integer(Int(intent.rawValue)), "depth": .integer(8),
            ]
            if let converted = try? image.applying("icc_transform", arguments) { return converted }
        }
        return nil
    }

    /// Converts with the built-in CMYK profile of libvips.
    private static func standardCMYK(_ image: Image) throws -> Image {
        try image.removing([iccField])
            .applying(
                "icc_transform", ["output_profile": .text("srgb"), "input_profile": .text("cmyk"), "depth": .integer(8)])
    }

    private static func kept(_ image: Image, _ space: ICCProfile.Space) throws -> Image {
        let own = try numbers(image, space, space == .grey ? .grey : .sRGB)
        guard let embedded = image.withBlob(iccField, { ICCProfile($0) }) else { return own }
        let isUsable = embedded?.space == space && (embedded?.isStandard == true || managed(image) != nil)
        guard isUsable, let embedded else { return try own.removing([iccField]) }
        // Bytes that follow the profile in its field are not part of it.
        guard let profile = image.withBlob(iccField, { $0.count > embedded.length ? Array($0.prefix(embedded.length)) : nil }) ?? nil else {
            return own
        }
        return try own.withMetadata { vips_image_set_blob_copy($0, iccField, profile, profile.count) }
    }

    /// The unconverted samples as 8 bits, in the bands of `wanted`.
    private static func numbers(_ image: Image, _ space: ICCProfile.Space, _ wanted: VipsArgument) throws -> Image {
        let bytes = try image.inBytes()
        let source: VipsArgument = space == .grey ? .grey : .sRGB
        let isNamed = bytes.interpretation == (space == .grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB)
        let named = isNamed ? bytes : try bytes.applying("copy", ["interpretation": source])
        guard case .integer(let from) = source, case .integer(let to) = wanted, from != to else { return named }
        return try named.applying("colourspace", ["space": wanted])
    }

    /// A picture or a colour of sRGB, in the colour space of an image that keeps its own profile.
    static func converted(_ picture: Image, toSpaceOf image: Image) throws -> Image {
        guard let profile = image.ownProfile else { return picture }
        return try picture.applying("icc_import", ["input_profile": .text("srgb")])
            .withMetadata { vips_image_set_blob_copy($0, iccField, profile, profile.count) }
            .applying("icc_export", ["intent": .integer(Int(VIPS_INTENT_RELATIVE.rawValue)), "depth": .integer(8)])
            .removing([iccField])
    }

    static let iccField = "icc-profile-data"
}

extension Image {
    /// The profile of an 8-bit image whose colours are not those of sRGB.
    var ownProfile: [UInt8]? {
        let profile = withBlob(Colour.iccField) { bytes in
            ICCProfile(bytes).flatMap { $0.space == (bands < 3 ? .grey : .rgb) && !$0.isStandard ? Array(bytes) : nil }
        }
        return profile ?? nil
    }

    /// The bands of a colour, without alpha, in the colour space of this image.
    func samples(of color: Color) throws -> [Double] {
        guard ownProfile != nil else { return bands > 2 ? color.opaque : [color.luma] }
        let pixel = try Image.copying([color.red, color.green, color.blue], width: 1, height: 1, bands: 3)
            .applying("copy", ["interpretation": .sRGB])
        return try Colour.converted(pixel, toSpaceOf: self).inMemory().withPixels { $0.map(Double.init) }
    }
}

extension VipsArgument {
    static var sRGB: VipsArgument { .integer(Int(VIPS_INTERPRETATION_sRGB.rawValue)) }
    static var grey: VipsArgument { .integer(Int(VIPS_INTERPRETATION_B_W.rawValue)) }
    static var lab: VipsArgument { .integer(Int(VIPS_INTERPRETATION_LAB.rawValue)) }
    static var xyz: VipsArgument { .integer(Int(VIPS_INTERPRETATION_XYZ.rawValue)) }
    static var lch: VipsArgument { .integer(Int(VIPS_INTERPRETATION_LCH.rawValue)) }
    static var uchar: VipsArgument { .integer(Int(VIPS_FORMAT_UCHAR.rawValue)) }
    static var ushort: VipsArgument { .integer(Int(VIPS_FORMAT_USHORT.rawValue)) }
    static var int: VipsArgument { .integer(Int(VIPS_FORMAT_INT.rawValue)) }
}
