import CVips
import PixelFlowCore

/// Encodes the frames of one output.
enum Encode {
    /// The default quality, chosen to look about the same in all formats.
    static func standardQuality(_ format: ImageFormat) -> Int { format == .avif ? 50 : 80 }

    /// The format that `auto` selects for a source of `format`.
    static func chosenFormat(_ wanted: OutputFormat, source: SourceFormat, hasAlpha: Bool) -> ImageFormat {
        if case .fixed(let format) = wanted { return format }
        let own = ImageFormat(rawValue: source.rawValue)
        if let own, own != .jpeg || !hasAlpha { return own }
        return hasAlpha ? .png : .jpeg
    }

    /// Whether a TIFF is JPEG-compressed: it is if a quality is set and the image has no alpha.
    static func isJPEGInTIFF(_ options: EncoderOptions, hasAlpha: Bool) -> Bool {
        options.quality != nil && !options.lossless && !hasAlpha
    }

    /// - Throws: `VipsError` or `MalformedFileError` if the encoder fails.
    static func encoded(
        _ picture: Image, _ format: ImageFormat, _ options: EncoderOptions, quality: Int, pageHeight: Int
    ) throws -> EncodedBytes {
        let image = try Metadata.limited(picture, format, options)
        // If an image has metadata to write, libvips must not strip; everything else has been removed before.
        let isStripped = options.strip && !Metadata.isCarried(by: image)
        let strip = VipsArgument.flag(isStripped)
        let q = VipsArgument.integer(quality)
        switch format {
        case .jpeg:
            let bytes = try save(
                image, "jpegsave_buffer",
                [
                    "Q": q, "strip": strip, "interlace": .flag(options.progressive), "subsample_mode": chroma(options),
                    "optimize_coding": .flag(options.optimisesJPEG),
                ])
            return try withoutInventedEXIF(bytes, image, format, isStripped) {
                let plain = try JPEGOutput.withoutEXIF($0)
                // A pixel per millimetre means that there is none.
                let isKnown = picture.resolution != (1, 1)
                return isKnown && !options.strip ? JPEGOutput.withResolution(picture.resolution, plain) : plain
            }
        case .png:
            return try save(
                image, "pngsave_buffer",
                ["strip": strip, "interlace": .flag(options.progressive), "compression": .integer(options.effort ?? 6)])
        case .webp:
            let bytes = try save(
                image, "webpsave_buffer",
                [
                    "Q": q, "strip": strip, "lossless": .flag(options.lossless), "effort": .integer((options.effort ?? 6) * 6 / 9),
                    "smart_subsample": .flag(options.chroma == .full), "page_height": .integer(pageHeight),
                ])
            let plain = try withoutInventedEXIF(bytes, image, format, isStripped, WebPOutput.withoutEXIF)
            // libwebp writes a still if all frames are the same.
            guard pageHeight < image.height, image.hasAlpha, try plain.withBytes(WebPOutput.frameCount) > 1 else { return plain }
            return try EncodedBytes(copying: try plain.withBytes(WebPOutput.markedTransparent))
        case .avif:
            // By default, libvips subsamples chroma even in lossless mode.
            let subsampling = options.lossless ? .integer(Int(VIPS_FOREIGN_SUBSAMPLE_OFF.rawValue)) : chroma(options)
            let bytes = try save(
                image, "heifsave_buffer",
                [
                    "Q": q, "strip": strip, "lossless": .flag(options.lossless), "effort": .integer(options.effort ?? 3),
                    "compression": .integer(Int(VIPS_FOREIGN_HEIF_COMPRESSION_AV1.rawValue)), "subsample_mode": subsampling,
                    "bitdepth": .integer(8),
                ])
            return try withoutInventedEXIF(bytes, image, format, isStripped, HEIFOutput.withoutEXIF)
        case .gif:
            return try save(
                image, "gifsave_buffer",
                ["strip": strip, "effort": .integer((options.effort ?? 6) + 1), "page_height": .integer(pageHeight)])
        case .tiff:
            let compression =
                isJPEGInTIFF(options, hasAlpha: image.hasAlpha)
                ? VIPS_FOREIGN_TIFF_COMPRESSION_JPEG : VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE
            return try save(
                image, "tiffsave_buffer", ["Q": q, "strip": strip, "compression": .integer(Int(compression.rawValue))])
        }
    }

    /// The number of frames in the file, because encoders merge identical frames.
    static func frameCount(of bytes: EncodedBytes, _ format: ImageFormat) throws -> Int {
        switch format {
        case .gif: try bytes.withBytes(GIFOutput.frameCount)
        case .webp: try bytes.withBytes(WebPOutput.frameCount)
        case .jpeg, .png, .avif, .tiff: 1
        }
    }

    private static func save(_ image: Image, _ saver: String, _ arguments: VipsArguments) throws -> EncodedBytes {
        let bytes = try VipsCall.run(saver, on: image, arguments) { try $0.bytes() }
        guard bytes.count > 0 else { throw MalformedFileError() }
        return bytes
    }

    private static func withoutInventedEXIF(
        _ bytes: EncodedBytes, _ image: Image, _ format: ImageFormat, _ isStripped: Bool,
        _ removal: (UnsafeRawBufferPointer) throws -> [UInt8]
    ) throws -> EncodedBytes {
        guard Metadata.isEXIFInvented(for: image, format, isStripped: isStripped) else { return bytes }
        return try EncodedBytes(copying: try bytes.withBytes(removal))
    }

    private static func chroma(_ options: EncoderOptions) -> VipsArgument {
        switch options.chroma {
        case nil: .integer(Int(VIPS_FOREIGN_SUBSAMPLE_AUTO.rawValue))
        case .half: .integer(Int(VIPS_FOREIGN_SUBSAMPLE_ON.rawValue))
        case .full: .integer(Int(VIPS_FOREIGN_SUBSAMPLE_OFF.rawValue))
        }
    }
}

extension EncoderOptions {
    /// Whether the Huffman tables of a JPEG are computed for its pixels: smaller, but all coefficients are in memory at once. With a limit of
    /// bytes, quality would pay for what the standard tables cost.
    var optimisesJPEG: Bool { (effort ?? 0) >= 5 || maxBytes != nil }
}
