import CVips
import PixelFlowCore

/// Joins the frames into one image in the form that the format needs.
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

    /// GIF cannot store a profile, which a kept colour space needs.
    private static func standardColours(_ image: Image) throws -> Image {
        guard Metadata.hasFittingProfile(image, .gif) else { return image }
        return try image.applying("icc_transform", ["output_profile": .text("srgb"), "embedded": .flag(true), "depth": .integer(8)])
    }

    /// Makes the least blue 1, and so black the next to black, for animations with transparency. Encoders write only what changes
    /// between frames, and take transparency, whose entry in the table of colours is black, for equal to black: it would never appear.
    private static func distinctBlack(_ image: Image) throws -> Image {
        guard image.hasAlpha else { return image }
        let blue = image.bands - 2
        let table = (0..<256).flatMap { value -> [UInt8] in
            (0..<image.bands).map { band -> UInt8 in value == 0 && band == blue ? 1 : UInt8(value) }
        }
        let lookUp = try Image.copying(table, width: 256, height: 1, bands: image.bands)
        // The result is called what the table is called.
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

    /// Rejects sizes that the format does not support before encoding.
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

/// The maximum size of a format, or the size that common readers support if that is less.
struct EncoderLimit {
    /// Pixels an edge.
    let edge: Int
    /// Pixels of a frame.
    let pixels: Int

    init(_ format: ImageFormat, isJPEGInTIFF: Bool = false) {
        edge =
            switch format {
            // libjpeg's JPEG_MAX_DIMENSION.
            case .jpeg: 65_500
            // 14 bits in its header.
            case .webp: 16_383
            // libheif writes files that it refuses to read: MAX_IMAGE_WIDTH of 1.15. Above 65,536 it writes none, and no error.
            case .avif: 16_384
            // 16 bits in its header.
            case .gif: 65_535
            // PNG_USER_WIDTH_MAX, the default limit of libpng.
            case .png: 1_000_000
            case .tiff: isJPEGInTIFF ? 65_500 : 1_000_000
            }
        // The palette is chosen from four bytes a pixel, counted in 32 bits.
        pixels = format == .gif ? Int(Int32.max) / 4 : .max
    }

    /// libvips stacks frames; this is its VIPS_MAX_COORD.
    static let stackedHeight = 10_000_000
}
