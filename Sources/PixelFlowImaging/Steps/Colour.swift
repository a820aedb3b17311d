import CVips
import PixelFlowCore

/// Brings whatever a file holds to 8 bits of sRGB, or to 8 bits of its own colours.
enum Colour {
    static func converted(_ image: Image, to profile: EncoderOptions.ColorProfile) throws -> Image {
        let managed = profile == .keep && isRGBLike(image) ? image : try transformed(image)
        return try bytes(try plain(managed))
    }

    /// By the embedded profile; CMYK without one by a common profile of libvips.
    private static func transformed(_ image: Image) throws -> Image {
        let isCMYK = image.interpretation == VIPS_INTERPRETATION_CMYK
        let standard = image.withBlob(iccField, ICCProfile.isStandardRGB)
        guard isCMYK || standard == false else { return image }
        let arguments: VipsArguments = [
            "output_profile": .text("srgb"), "input_profile": .text(isCMYK ? "cmyk" : "srgb"), "embedded": .flag(true),
            "depth": .integer(8),
        ]
        // A damaged profile is no reason to refuse the picture.
        return (try? image.applying("icc_transform", arguments)) ?? image
    }

    private static func plain(_ image: Image) throws -> Image {
        if image.interpretation == VIPS_INTERPRETATION_sRGB { return image }
        if image.interpretation == VIPS_INTERPRETATION_MULTIBAND {
            let first = try image.applying("extract_band", ["band": .integer(0), "n": .integer(image.bands >= 3 ? 3 : 1)])
            return try first.applying("colourspace", ["space": .sRGB, "source_space": first.bands == 3 ? .sRGB : .grey])
        }
        return try image.applying("colourspace", ["space": .sRGB])
    }

    private static func bytes(_ image: Image) throws -> Image {
        image.isBytes ? image : try image.applying("cast", ["format": .uchar])
    }

    private static func isRGBLike(_ image: Image) -> Bool {
        [
            VIPS_INTERPRETATION_sRGB, VIPS_INTERPRETATION_RGB, VIPS_INTERPRETATION_RGB16, VIPS_INTERPRETATION_B_W,
            VIPS_INTERPRETATION_GREY16,
        ].contains(image.interpretation)
    }

    static let iccField = "icc-profile-data"
}

extension VipsArgument {
    static var sRGB: VipsArgument { .integer(Int(VIPS_INTERPRETATION_sRGB.rawValue)) }
    static var grey: VipsArgument { .integer(Int(VIPS_INTERPRETATION_B_W.rawValue)) }
    static var lab: VipsArgument { .integer(Int(VIPS_INTERPRETATION_LAB.rawValue)) }
    static var lch: VipsArgument { .integer(Int(VIPS_INTERPRETATION_LCH.rawValue)) }
    static var uchar: VipsArgument { .integer(Int(VIPS_FORMAT_UCHAR.rawValue)) }
}
