import PixelFlowCore

/// The formats that are read. Anything else is refused before a decoder sees it.
enum SourceFormat: String, CaseIterable {
    case jpeg, png, webp, gif, tiff, avif, heic

    /// What the first bytes say, whatever a name or a header claims.
    ///
    /// - Throws: `RenderFailure` `not_an_image` or, where the bytes are a known kind of image or
    ///   document that is not read, `unsupported_format`.
    static func sniffed(_ bytes: UnsafeRawBufferPointer) throws -> SourceFormat {
        if let format = SourceFormat.allCases.first(where: { $0.matches(bytes) }) { return format }
        if let name = ForeignFormat.name(of: bytes) {
            throw RenderFailure(.unsupportedMediaType, "unsupported_format", "\(name) files are not supported.")
        }
        throw RenderFailure(.unsupportedMediaType, "not_an_image", "The source is not an image.")
    }

    private func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .jpeg: bytes.has([0xff, 0xd8, 0xff])
        case .png: bytes.has([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        case .webp: bytes.has("RIFF") && bytes.has("WEBP", at: 8)
        case .gif: bytes.has("GIF87a") || bytes.has("GIF89a")
        case .tiff: bytes.has([0x49, 0x49, 0x2a, 0]) || bytes.has([0x4d, 0x4d, 0, 0x2a])
        case .avif: bytes.hasBrand(["avif", "avis"])
        case .heic: bytes.hasBrand(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"])
        }
    }

    /// The libvips class of the loader, the unit in which loaders are allowed.
    var loaderClass: String {
        switch self {
        case .jpeg: "VipsForeignLoadJpeg"
        case .png: "VipsForeignLoadPng"
        case .webp: "VipsForeignLoadWebp"
        case .gif: "VipsForeignLoadNsgif"
        case .tiff: "VipsForeignLoadTiff"
        case .avif, .heic: "VipsForeignLoadHeif"
        }
    }

    /// The libvips operation that reads the format from memory.
    var loader: String {
        switch self {
        case .jpeg: "jpegload_buffer"
        case .png: "pngload_buffer"
        case .webp: "webpload_buffer"
        case .gif: "gifload_buffer"
        case .tiff: "tiffload_buffer"
        case .avif, .heic: "heifload_buffer"
        }
    }

    /// Whether a file can hold several frames that the loader takes by number.
    var hasFrames: Bool { self == .gif || self == .webp }
}

/// Formats that people do send and that are refused by name.
private enum ForeignFormat {
    static func name(of bytes: UnsafeRawBufferPointer) -> String? {
        if bytes.has("%PDF") { return "PDF" }
        if bytes.has("BM") { return "BMP" }
        if bytes.has("8BPS") { return "Photoshop" }
        if bytes.has([0xff, 0x0a]) || bytes.has("JXL ", at: 4) { return "JPEG XL" }
        if bytes.has("jP  ", at: 4) || bytes.has([0xff, 0x4f, 0xff, 0x51]) { return "JPEG 2000" }
        if bytes.has([0, 0, 1, 0]) { return "Icon" }
        if bytes.has("ftyp", at: 4) { return "Video" }
        return isSVG(bytes) ? "SVG" : nil
    }

    private static func isSVG(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let start = String(decoding: bytes.prefix(1024), as: UTF8.self)
        return start.contains("<svg") || start.contains("<!DOCTYPE svg")
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func has(_ signature: [UInt8], at offset: Int = 0) -> Bool {
        count >= offset + signature.count && self[offset..<offset + signature.count].elementsEqual(signature)
    }

    fileprivate func has(_ signature: StaticString, at offset: Int = 0) -> Bool {
        signature.withUTF8Buffer { has(Array($0), at: offset) }
    }

    /// Whether an ISO base media file names one of `brands` as its own, the first one listed.
    fileprivate func hasBrand(_ brands: [StaticString]) -> Bool {
        has("ftyp", at: 4) && brands.contains { has($0, at: 8) }
    }
}
