import PixelFlowCore

/// The supported source formats. All others are rejected before a decoder sees them.
enum SourceFormat: String, CaseIterable {
    case jpeg, png, webp, gif, tiff, avif, heic

    /// The format according to the first bytes, regardless of file names and `Content-Type`.
    ///
    /// - Throws: `RenderError` `not_an_image` or, if the bytes are a known but unsupported kind of image or
    ///   document, `unsupported_format`.
    static func sniffed(_ bytes: UnsafeRawBufferPointer) throws -> SourceFormat {
        let reader = ByteReader(bytes)
        let file = ISOFile(bytes)
        if let format = SourceFormat.allCases.first(where: { $0.matches(reader, file) }) { return format }
        if wasText(reader) { throw RenderError.damaged }
        throw ForeignFormat.name(of: reader).map(RenderError.unsupported) ?? .notAnImage
    }

    /// Whether the file is a PNG or JPEG that something has taken for text: with other line ends, with U+FFFD for every byte
    /// that is not UTF-8, or converted from Latin-1 to UTF-8.
    private static func wasText(_ bytes: ByteReader) -> Bool {
        if bytes.count >= pngMark.count, bytes.has(Array(pngMark[..<4])) || bytes.has(replacement + pngMark[1..<4]) { return true }
        if bytes.has(latin1(pngMark[..<4])) || bytes.has(latin1([0xff, 0xd8, 0xff])) { return true }
        // The size of a WebP is four bytes, or their replacements.
        if bytes.has("RIFF"), (9...16).contains(where: { bytes.has("WEBPVP8", at: $0) }) { return true }
        guard bytes.has(replacement + replacement + replacement + replacement) else { return false }
        // The first segment has a length of two bytes, or of their replacements, or is a quantisation table of 67 bytes.
        return (14...18).contains { bytes.has("JFIF\0", at: $0) || bytes.has("Exif\0", at: $0) } || bytes.has([0, 67, 0], at: 12)
    }

    /// Bytes that were taken for Latin-1, in UTF-8.
    private static func latin1(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.flatMap { $0 < 0x80 ? [$0] : [0xc0 | $0 >> 6, 0x80 | $0 & 0x3f] }
    }

    private static let pngMark: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    /// U+FFFD in UTF-8.
    private static let replacement: [UInt8] = [0xef, 0xbf, 0xbd]

    private func matches(_ bytes: ByteReader, _ file: ISOFile) -> Bool {
        switch self {
        case .jpeg: bytes.has([0xff, 0xd8, 0xff])
        case .png: bytes.has(Self.pngMark)
        case .webp: bytes.has("RIFF") && bytes.has("WEBP", at: 8)
        case .gif: bytes.has("GIF87a") || bytes.has("GIF89a")
        case .tiff:
            bytes.has([0x49, 0x49, 0x2a, 0]) || bytes.has([0x4d, 0x4d, 0, 0x2a])
                // BigTIFF.
                || bytes.has([0x49, 0x49, 0x2b, 0, 8, 0, 0, 0]) || bytes.has([0x4d, 0x4d, 0, 0x2b, 0, 8, 0, 0])
        // The items decide if no brand says anything.
        case .avif: file.names(Self.avifBrands) || (file.names(Self.commonBrands) || !file.names(Self.heicBrands)) && file.hasItem("av01")
        case .heic: file.names(Self.heicBrands.union(Self.commonBrands)) || file.hasItem("hvc1")
        }
    }

    private static let avifBrands: Set<Substring> = ["avif", "avis"]
    private static let heicBrands: Set<Substring> = ["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"]
    /// Brands of still pictures and sequences of any codec.
    private static let commonBrands: Set<Substring> = ["mif1", "msf1", "mif2", "miaf"]

    /// The libvips class of the loader; libvips blocks and allows loaders by class.
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

    /// Whether a file consists of the boxes of ISO base media.
    var isISOMedia: Bool { self == .avif || self == .heic }

    /// Whether a file can contain several frames, of which the loader reads a given number.
    var hasFrames: Bool { self == .gif || self == .webp }
}
