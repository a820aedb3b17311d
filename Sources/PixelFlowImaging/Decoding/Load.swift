import CVips
import PixelFlowCore
import WireFormats

/// The header of a source, read without decoding a pixel.
struct SourceHeader {
    let format: SourceFormat
    /// The stored width, before the orientation is applied.
    let width: Int
    let height: Int
    /// Frames of an animation, or the pages of another file, of which only the first is decoded.
    let frames: Int
    let orientation: Int
    let layout: PixelLayout
    /// The colour space that the file declares without a profile, or instead of it; nil for sRGB without a profile.
    let signal: ColourSignal?
    /// The input of the decoder.
    let bytes: SourceBytes
    /// The opened source, from which nothing has been read yet. It can be used for one decode without options.
    let opened: OpenedSource

    var hasAlpha: Bool { layout.alpha != nil || isCanvasLarger }
    /// Whether the decoder's frames are smaller than the canvas, which is then transparent to the right and below.
    let isCanvasLarger: Bool
    /// The size before the transformations that the decoder does not apply: larger than the stored size if one of them crops.
    let decodedSize: PixelSize

    /// Whether the orientation swaps width and height.
    var isTurned: Bool { orientation >= 5 }
    var uprightWidth: Int { isTurned ? height : width }
    var uprightHeight: Int { isTurned ? width : height }

    /// The values of the source's own frames, of all that the decoder has seen.
    func own<Value>(_ values: [Value]) -> [Value] {
        bytes.insertedFrames.isEmpty ? values : values.indices.filter { !bytes.insertedFrames.contains($0) }.map { values[$0] }
    }

    /// The opened source, with a profile for the colour space that it declares.
    func withProfile(_ opened: Image) throws -> Image {
        guard let signal, signal.overridesProfile || !opened.has(Colour.iccField) else { return opened }
        guard let profile = SignalProfile.bytes(signal, isGrey: layout.model == .grey) else { return opened }
        return try opened.withMetadata { vips_image_set_blob_copy($0, Colour.iccField, profile, profile.count) }
    }
}

/// Opens sources: selects one loader by format and checks the limits before the first pixel is decoded.
enum Load {
    /// - Throws: `RenderError` if the source is not an image, is not supported, is damaged or is too large.
    static func header(of source: UnsafeRawBufferPointer, limits: ImageLimits) throws -> SourceHeader {
        let format = try SourceFormat.sniffed(source)
        let directory = try directory(of: source, format)
        if format == .jpeg, let kind = JPEGFile.unsupported(source) {
            if let size = JPEGFile.size(source) { try check(size, frames: 1, limits) }
            throw RenderError.unsupported(kind)
        }
        if isShort(source, format) { throw RenderError.truncated }
        if format == .jpeg, JPEGGap.isIn(source) { throw RenderError.damaged }
        let bytes = SourceBytes(source, format, directory)
        let image: Image
        do {
            image = try open(bytes.bytes, format, LoadOptions())
        } catch let error as VipsError {
            // Check now: a decoder may fail to open a file with an excessive size.
            if let size = declaredSize(of: source, format, directory) { try check(size, frames: 1, limits) }
            throw SourceFault.failure(error, source, format)
        }
        let file = format.isISOMedia ? ISOFile(source) : nil
        let signal = signal(of: source, format)
        let canvas = format == .gif ? GIFFile.canvas(source) : nil
        let decoded = (width: max(image.width, canvas?.width ?? 0), height: max(image.height, canvas?.height ?? 0))
        let size = bytes.transforms?.size(after: decoded) ?? decoded
        let header = SourceHeader(
            format: format, width: size.width, height: size.height,
            frames: max(1, (image.integer("n-pages") ?? 1) - bytes.insertedFrames.count), orientation: orientation(of: image),
            layout: PixelLayout(
                image, directory, isPremultiplied: file?.isPremultiplied ?? false, isNarrow: isNarrow(file, signal),
                isGrey: file?.isGrey ?? false),
            signal: signal.flatMap { $0.isStandard && !$0.overridesProfile ? nil : $0 }, bytes: bytes, opened: OpenedSource(image),
            isCanvasLarger: decoded != (image.width, image.height), decodedSize: decoded)
        // The other pages of a file are never decoded.
        try check(decoded, frames: format.hasFrames ? header.frames : 1, limits)
        return header
    }

    /// Whether colours are in the range of video, which libheif widens unless they are grey, and libpng never does.
    private static func isNarrow(_ file: ISOFile?, _ signal: ColourSignal?) -> Bool {
        file?.isNarrowGrey ?? signal?.isNarrow ?? false
    }

    private static func signal(of source: UnsafeRawBufferPointer, _ format: SourceFormat) -> ColourSignal? {
        switch format {
        case .png: ColourSignal(png: ByteReader(source))
        case .avif, .heic: ColourSignal(iso: ISOFile(source))
        case .jpeg, .webp, .gif, .tiff: nil
        }
    }

    /// The size that the file declares, for formats that declare it at a fixed position.
    private static func declaredSize(of source: UnsafeRawBufferPointer, _ format: SourceFormat, _ directory: TIFFDirectory?) -> PixelSize? {
        switch format {
        case .jpeg: return JPEGFile.size(source)
        case .png: return PNGFile.size(source)
        case .tiff: return directory?.size
        case .webp, .gif, .avif, .heic: return nil
        }
    }

    static func open(_ source: UnsafeRawBufferPointer, _ format: SourceFormat, _ options: LoadOptions) throws -> Image {
        // VIPS_ACCESS_SEQUENTIAL: top to bottom, once. VIPS_FAIL_ON_ERROR: fail on damage, tolerate oddities.
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

    /// Whether pixels are missing without an error from the decoder.
    private static func isShort(_ source: UnsafeRawBufferPointer, _ format: SourceFormat) -> Bool {
        switch format {
        case .jpeg: return JPEGFile.isFilledUp(source) || JPEGFile.mayLackScans(source) || JPEGFile.lacksParts(source)
        case .gif:
            let file = GIFFile(source, countsPixels: true)
            return file.structure == .cutOff && !file.lacksTrailer
        case .png, .webp, .tiff, .avif, .heic: return false
        }
    }

    /// TIFF details that libvips does not expose; nil for other formats.
    private static func directory(of source: UnsafeRawBufferPointer, _ format: SourceFormat) throws -> TIFFDirectory? {
        guard format == .tiff else { return nil }
        // The first directory of a raw file describes its preview.
        if ByteReader(source).has("CR\u{2}", at: 8) { throw RenderError.unsupported("Camera raw files") }
        let directory: TIFFDirectory
        do {
            directory = try TIFFDirectory(source)
        } catch {
            throw error == .cutOff ? RenderError.truncated : .damaged
        }
        if directory.lacksValues { throw RenderError.truncated }
        if directory.lacksColours { throw RenderError.damaged }
        if let kind = directory.unsupported { throw RenderError.unsupported(kind) }
        return directory
    }

    private static func orientation(of image: Image) -> Int {
        let value = image.integer("orientation") ?? 1
        return (1...8).contains(value) ? value : 1
    }

    private static func check(_ size: PixelSize, frames: Int, _ limits: ImageLimits) throws {
        if frames > limits.frames {
            throw RenderError(
                .invalid, "too_many_frames",
                "The image has \(frames.counted("frame")); \(limits.frames) \(limits.frames == 1 ? "is" : "are") allowed.")
        }
        let pixels = size.width.multipliedReportingOverflow(by: size.height)
        let total = pixels.partialValue.multipliedReportingOverflow(by: frames)
        if pixels.overflow || total.overflow || total.partialValue > limits.pixels {
            throw RenderError(
                .invalid, "too_many_pixels",
                "The image has \(size.width) x \(size.height) pixels in \(frames.counted("frame")); \(limits.pixels) are allowed.")
        }
    }
}

/// How much of a source is decoded.
struct LoadOptions: Equatable {
    /// JPEG: 1, 2, 4 or 8; the decoder divides both edges by this.
    var shrink = 1
    /// WebP: the decoder scales by this factor, at most 1.
    var scale = 1.0
    /// Frames to read; -1 for all.
    var frames = 1
}
