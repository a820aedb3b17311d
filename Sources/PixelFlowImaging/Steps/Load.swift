import CVips
import PixelFlowCore

/// The header of a source, read without decoding a pixel.
struct SourceHeader {
    let format: SourceFormat
    /// As stored, before the orientation is applied.
    let width: Int
    let height: Int
    let frames: Int
    let orientation: Int
    let layout: PixelLayout
    /// The input of the decoder.
    let bytes: SourceBytes
    /// The opened source, of which nothing has been read yet: good for one decode without options.
    let opened: OpenedSource

    var hasAlpha: Bool { layout.alpha != nil }

    /// Whether the orientation swaps width and height.
    var isTurned: Bool { orientation >= 5 }
    var uprightWidth: Int { isTurned ? height : width }
    var uprightHeight: Int { isTurned ? width : height }
}

/// Opens sources: one format, one loader, and the limits before the first pixel.
enum Load {
    /// - Throws: `RenderError` if the source is not an image, is not supported, is damaged or is too large.
    static func header(of source: UnsafeRawBufferPointer, limits: ImageLimits) throws -> SourceHeader {
        let format = try SourceFormat.sniffed(source)
        let directory = try directory(of: source, format)
        if isShort(source, format) { throw RenderError.truncated }
        let bytes = SourceBytes(source, format, directory)
        let image: Image
        do {
            image = try open(bytes.bytes, format, LoadOptions())
        } catch let error as VipsError {
            throw SourceFault.failure(error, source, format)
        }
        let header = SourceHeader(
            format: format, width: image.width, height: image.height, frames: max(1, image.integer("n-pages") ?? 1),
            orientation: orientation(of: image), layout: PixelLayout(image, directory), bytes: bytes, opened: OpenedSource(image))
        try check(header, limits)
        return header
    }

    static func open(_ source: UnsafeRawBufferPointer, _ format: SourceFormat, _ options: LoadOptions) throws -> Image {
        // VIPS_ACCESS_SEQUENTIAL: top to bottom, once. VIPS_FAIL_ON_ERROR: damage fails, oddities do not.
        let access = VipsArgument.integer(Int(VIPS_ACCESS_SEQUENTIAL.rawValue))
        let strictness = VipsArgument.integer(Int(VIPS_FAIL_ON_ERROR.rawValue))
        switch format {
        case .jpeg:
            return try Image.make(
                format.loader,
                ["buffer": .bytes(source), "access": access, "fail_on": strictness, "shrink": .integer(options.shrink)])
        case .webp:
            return try Image.make(
                format.loader,
                [
                    "buffer": .bytes(source), "access": access, "fail_on": strictness, "n": .integer(options.frames),
                    "scale": .number(options.scale),
                ])
        case .gif:
            return try Image.make(
                format.loader,
                ["buffer": .bytes(source), "access": access, "fail_on": strictness, "n": .integer(options.frames)])
        case .png, .tiff, .avif, .heic:
            return try Image.make(format.loader, ["buffer": .bytes(source), "access": access, "fail_on": strictness])
        }
    }

    /// Whether pixels are missing without a word from the decoder.
    private static func isShort(_ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> Bool {
        switch format {
        case .jpeg: return JPEGFile.isFilledUp(source)
        case .gif:
            let file = GIFFile(source, countsPixels: true)
            return file.structure == .cutOff && !file.lacksTrailer
        case .png, .webp, .tiff, .avif, .heic: return false
        }
    }

    /// TIFF details that libvips does not provide; nil for other formats.
    private static func directory(of source: UnsafeRawBufferPointer, _ format: SourceFormat) throws -> TIFFDirectory? {
        guard format == .tiff else { return nil }
        let directory: TIFFDirectory
        do {
            directory = try TIFFDirectory(source)
        } catch {
            throw error == .cutOff ? RenderError.truncated : .damaged
        }
        if directory.lacksValues { throw RenderError.truncated }
        if let kind = directory.unsupported { throw RenderError.unsupported(kind) }
        return directory
    }

    private static func orientation(of image: Image) -> Int {
        let value = image.integer("orientation") ?? 1
        return (1...8).contains(value) ? value : 1
    }

    private static func check(_ header: SourceHeader, _ limits: ImageLimits) throws {
        if header.frames > limits.frames {
            throw RenderError(.invalid, "too_many_frames", "The image has \(header.frames) frames; \(limits.frames) are allowed.")
        }
        let pixels = header.width.multipliedReportingOverflow(by: header.height)
        let total = pixels.partialValue.multipliedReportingOverflow(by: header.frames)
        if pixels.overflow || total.overflow || total.partialValue > limits.pixels {
            throw RenderError(
                .invalid, "too_many_pixels",
                "The image has \(header.width) x \(header.height) pixels in \(header.frames) frames; \(limits.pixels) are allowed.")
        }
    }
}

/// How much of a source is decoded.
struct LoadOptions: Equatable {
    /// JPEG: 1, 2, 4 or 8; the decoder makes every edge that much shorter.
    var shrink = 1
    /// WebP: the decoder scales by this, at most 1.
    var scale = 1.0
    /// Frames to read; -1 for all.
    var frames = 1
}
