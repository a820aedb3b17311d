import CVips
import PixelFlowCore

/// Writes the frames of one output in its format.
enum Encode {
    /// Quality where none is asked for: sizes of the formats that look alike.
    static func standardQuality(_ format: ImageFormat) -> Int { format == .avif ? 50 : 80 }

    /// What `auto` means for a source of `format`.
    static func chosenFormat(_ wanted: OutputFormat, source: SourceFormat, hasAlpha: Bool) -> ImageFormat {
        if case .fixed(let format) = wanted { return format }
        let own = ImageFormat(rawValue: source.rawValue)
        if let own, own != .jpeg || !hasAlpha { return own }
        return hasAlpha ? .png : .jpeg
    }

    static func encoded(
        _ image: Image, _ format: ImageFormat, _ options: EncoderOptions, quality: Int, pageHeight: Int
    ) throws -> EncodedBytes {
        let strip = VipsArgument.flag(options.strip && options.colorProfile == .srgb)
        let q = VipsArgument.integer(quality)
        switch format {
        case .jpeg:
            return try save(
                image, "jpegsave_buffer",
                [
                    "Q": q, "strip": strip, "interlace": .flag(options.progressive), "subsample_mode": chroma(options),
                    "optimize_coding": .flag((options.effort ?? 0) >= 5),
                ])
        case .png:
            return try save(
                image, "pngsave_buffer",
                ["strip": strip, "interlace": .flag(options.progressive), "compression": .integer(options.effort ?? 6)])
        case .webp:
            return try save(
                image, "webpsave_buffer",
                [
                    "Q": q, "strip": strip, "lossless": .flag(options.lossless), "effort": .integer((options.effort ?? 6) * 6 / 9),
                    "smart_subsample": .flag(options.chroma == .full), "page_height": .integer(pageHeight),
                ])
        case .avif:
            return try save(
                image, "heifsave_buffer",
                [
                    "Q": q, "strip": strip, "lossless": .flag(options.lossless), "effort": .integer(options.effort ?? 3),
                    "compression": .integer(Int(VIPS_FOREIGN_HEIF_COMPRESSION_AV1.rawValue)), "subsample_mode": chroma(options),
                    "bitdepth": .integer(8),
                ])
        case .gif:
            return try save(
                image, "gifsave_buffer",
                ["strip": strip, "effort": .integer((options.effort ?? 6) + 1), "page_height": .integer(pageHeight)])
        case .tiff:
            let lossy = options.quality != nil && !options.lossless && !image.hasAlpha
            let compression = lossy ? VIPS_FOREIGN_TIFF_COMPRESSION_JPEG : VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE
            return try save(
                image, "tiffsave_buffer", ["Q": q, "strip": strip, "compression": .integer(Int(compression.rawValue))])
        }
    }

    private static func save(_ image: Image, _ saver: String, _ arguments: VipsArguments) throws -> EncodedBytes {
        try VipsCall.run(saver, on: image, arguments) { try $0.bytes() }
    }

    private static func chroma(_ options: EncoderOptions) -> VipsArgument {
        switch options.chroma {
        case nil: .integer(Int(VIPS_FOREIGN_SUBSAMPLE_AUTO.rawValue))
        case .half: .integer(Int(VIPS_FOREIGN_SUBSAMPLE_ON.rawValue))
        case .full: .integer(Int(VIPS_FOREIGN_SUBSAMPLE_OFF.rawValue))
        }
    }
}
