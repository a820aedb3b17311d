import CVips
import PixelFlowCore

/// Joins the frames into one image in the layout that the format requires.
enum Finish {
    static func joined(_ frames: Frames, _ format: ImageFormat) throws -> Image {
        let images =
            switch format {
            case .jpeg: try frames.images.map { try $0.flattened(on: .white) }
            case .gif where frames.images.count > 1: try frames.images.map { try distinctBlack(try standardColours($0)) }
            case .gif: try frames.images.map(standardColours)
            case .png, .webp, .avif, .tiff: frames.images
            }
        return images.count == 1 ? images[0] : try animation(images, frames)
    }

    /// Converts to sRGB, because GIF cannot store the profile that another colour space needs.
    private static func standardColours(_ image: Image) throws -> Image {
        guard Metadata.hasFittingProfile(image, .gif) else { return image }
        return try image.applying("icc_transform", ["output_profile": .text("srgb"), "embedded": .flag(true), "depth": .integer(8)])
    }

    /// Raises blue values of 0 to 1, so that black becomes nearly black, in animations with transparency. Encoders write only changes
    /// between frames. They store transparency as a black palette entry, so a change from black to transparent would be lost.
    private static func distinctBlack(_ image: Image) throws -> Image {
        guard image.hasAlpha else { return image }
        let blue = image.bands - 2
        let table = (0..<256).flatMap { value -> [UInt8] in
            (0..<image.bands).map { band -> UInt8 in value == 0 && band == blue ? 1 : UInt8(value) }
        }
        let lookUp = try Image.copying(table, width: 256, height: 1, bands: image.bands)
        // The result has the interpretation of the table.
        return try image.applying("maplut", ["lut": .image(lookUp)]).applying("copy", ["interpretation": .sRGB])
    }

    private static func animation(_ images: [Image], _ frames: Frames) throws -> Image {
        let stacked = try Image.make("arrayjoin", ["in": .images(images), "across": .integer(1)])
        return try stacked.withMetadata { copy in
            vips_image_set_int(copy, "page-height", Int32(clamping: images[0].height))
            vips_image_set_int(copy, "loop", Int32(clamping: frames.loop))
            var delays = frames.delays.map { Int32(clamping: $0) }
            if !delays.isEmpty { vips_image_set_array_int(copy, "delay", &delays, Int32(delays.count)) }
        }
    }

    /// Rejects sizes that the format does not support, before encoding.
    static func check(_ frames: Frames, _ format: ImageFormat, _ options: EncoderOptions) throws {
        let limit = EncoderLimit(format, isJPEGInTIFF: Encode.isJPEGInTIFF(options, hasAlpha: frames.first.hasAlpha))
        if frames.width > limit.edge || frames.height > limit.edge {
            throw unsupported("\(format.rawValue) allows at most \(limit.edge) pixels per edge", frames)
        }
        if frames.width * frames.height > limit.pixels {
            throw unsupported("\(format.rawValue) holds \(limit.pixels) pixels", frames)
        }
        if frames.images.count > 1, frames.images.count * frames.height > EncoderLimit.stackedHeight {
            throw unsupported("The frames of an animation together may be at most \(EncoderLimit.stackedHeight) pixels high", frames)
        }
    }

    private static func unsupported(_ rule: String, _ frames: Frames) -> OutputError {
        let count = frames.images.count == 1 ? "" : " in \(frames.images.count) frames"
        return OutputError(
            code: "dimensions_unsupported", message: "\(rule); the output has \(frames.width) x \(frames.height)\(count).")
    }
}

/// The maximum size of a format, or the size that common decoders support if that is smaller.
struct EncoderLimit {
    /// Maximum width and height in pixels.
    let edge: Int
    /// Maximum pixels of a frame.
    let pixels: Int

    init(_ format: ImageFormat, isJPEGInTIFF: Bool = false) {
        edge =
            switch format {
            // libjpeg's JPEG_MAX_DIMENSION.
            case .jpeg: 65_500
            // Its header has 14 bits for each.
            case .webp: 16_383
            // libheif writes files that it refuses to read: MAX_IMAGE_WIDTH of 1.15. Above 65,536 it writes none and reports no error.
            case .avif: 16_384
            // Its header has 16 bits for each.
            case .gif: 65_535
            // PNG_USER_WIDTH_MAX, the default limit of libpng.
            case .png: 1_000_000
            case .tiff: isJPEGInTIFF ? 65_500 : 1_000_000
            }
        // The palette is computed from four bytes per pixel, with a 32-bit count.
        pixels = format == .gif ? Int(Int32.max) / 4 : .max
    }

    /// VIPS_MAX_COORD of libvips, which limits the height of stacked frames.
    static let stackedHeight = 10_000_000
}
