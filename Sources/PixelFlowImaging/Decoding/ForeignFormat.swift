import Foundation

/// Unsupported formats that error messages mention by name, in the plural.
enum ForeignFormat {
    static func name(of bytes: ByteReader) -> String? {
        pictures(bytes) ?? documents(bytes) ?? videos(bytes) ?? (isSVG(bytes) ? "SVG files" : nil)
    }

    private static func pictures(_ bytes: ByteReader) -> String? {
        if let known = texts.first(where: { bytes.has($0.text, at: $0.offset) }) { return known.name }
        if isBitmap(bytes) { return "BMP files" }
        if isTarga(bytes) { return "TGA files" }
        if let known = numbers.first(where: { bytes.has($0.bytes) }) { return known.name }
        if isPCX(bytes) { return "PCX files" }
        if bytes.has("#define "), String(decoding: bytes.bytes.prefix(128), as: UTF8.self).contains("_width ") { return "XBM files" }
        return isPortableMap(bytes) ? "Netpbm files" : nil
    }

    private static let texts: [(name: String, text: StaticString, offset: Int)] = [
        ("Photoshop files", "8BPS", 0), ("JPEG XL files", "JXL ", 4), ("JPEG 2000 files", "jP  ", 4),
        ("Icon files", "icns", 0), ("Radiance HDR files", "#?RADIANCE", 0), ("Radiance HDR files", "#?RGBE", 0),
        ("DDS files", "DDS ", 0), ("QOI files", "qoif", 0), ("XCF files", "gimp xcf", 0), ("FITS files", "SIMPLE  =", 0),
        ("DICOM files", "DICM", 128), ("farbfeld files", "farbfeld", 0), ("FLIF files", "FLIF", 0), ("XPM files", "/* XPM */", 0),
        ("KTX files", "KTX ", 1), ("EMF files", " EMF", 40), ("Netpbm files", "PF\n", 0), ("Netpbm files", "Pf\n", 0),
        ("Camera raw files", "ftypcrx ", 4), ("Camera raw files", "FUJIFILMCCD-RAW", 0), ("Camera raw files", "IIU\0", 0),
        ("Camera raw files", "IIRO", 0), ("Camera raw files", "IIRS", 0), ("Camera raw files", "MMOR", 0),
        ("Camera raw files", "FOVb", 0), ("Camera raw files", "HEAPCCDR", 6), ("Camera raw files", "\0MRM", 0), ("IFF files", "ILBM", 8),
        ("JBIG2 files", "JB2\r\n", 1),
    ]

    private static let numbers: [(name: String, bytes: [UInt8])] = [
        ("JPEG XL files", [0xff, 0x0a]), ("JPEG 2000 files", [0xff, 0x4f, 0xff, 0x51]), ("JPEG XR files", [0x49, 0x49, 0xbc]),
        ("Icon files", [0, 0, 1, 0]), ("Icon files", [0, 0, 2, 0]), ("OpenEXR files", [0x76, 0x2f, 0x31, 0x01]),
        ("MNG files", [0x8a, 0x4d, 0x4e, 0x47]), ("MNG files", [0x8b, 0x4a, 0x4e, 0x47]), ("BPG files", [0x42, 0x50, 0x47, 0xfb]),
        ("WMF files", [0xd7, 0xcd, 0xc6, 0x9a]), ("SGI files", [0x01, 0xda, 0, 1]), ("SGI files", [0x01, 0xda, 0, 2]),
        ("Sun raster files", [0x59, 0xa6, 0x6a, 0x95]), ("SGI files", [0x01, 0xda, 1, 1]), ("SGI files", [0x01, 0xda, 1, 2]),
    ]

    /// Two letters could also begin a text: four bytes that must be 0 follow the size of the file.
    private static func isBitmap(_ bytes: ByteReader) -> Bool { bytes.has("BM") && bytes.has([0, 0, 0, 0], at: 6) }

    /// TGA files have no signature at the start; only those of version 2 have one at the end.
    private static func isTarga(_ bytes: ByteReader) -> Bool {
        if bytes.has("TRUEVISION-XFILE.\0", at: bytes.count - 18) { return true }
        guard let map = bytes.byte(at: 1), let kind = bytes.byte(at: 2), let depth = bytes.byte(at: 16) else { return false }
        let hasSize = !bytes.has([0, 0], at: 12) && !bytes.has([0, 0], at: 14)
        switch map {
        case 0:
            return hasSize && [2, 3, 10, 11].contains(kind) && [8, 15, 16, 24, 32].contains(depth) && bytes.has([0, 0, 0, 0, 0], at: 3)
        case 1: return hasSize && [1, 9].contains(kind) && depth == 8 && [15, 16, 24, 32].contains(bytes.byte(at: 7))
        default: return false
        }
    }

    /// Checks manufacturer, version, encoding and bits per pixel (1 to 8).
    private static func isPCX(_ bytes: ByteReader) -> Bool {
        guard bytes.has([0x0a]), let version = bytes.byte(at: 1), let depth = bytes.byte(at: 3) else { return false }
        return version <= 5 && bytes.has([1], at: 2) && [1, 2, 4, 8].contains(depth)
    }

    private static func documents(_ bytes: ByteReader) -> String? {
        if bytes.has("%PDF") { return "PDF files" }
        if bytes.has([0x1f, 0x8b, 8]) { return "Compressed files" }
        if bytes.has("%!PS") || bytes.has([0xc5, 0xd0, 0xd3, 0xc6]) { return "PostScript files" }
        return bytes.has("AT&TFORM") ? "DjVu files" : nil
    }

    private static func videos(_ bytes: ByteReader) -> String? {
        let isVideo =
            bytes.has("ftyp", at: 4) || bytes.has("moov", at: 4) || bytes.has([0x1a, 0x45, 0xdf, 0xa3])
            || bytes.has("RIFF") && bytes.has("AVI ", at: 8) || bytes.has("FLV\u{1}") || bytes.has([0, 0, 1, 0xba])
            || bytes.has([0, 0, 1, 0xb3])
        return isVideo ? "Video files" : nil
    }

    /// P1 to P7 and a whitespace character. These could also be text, so a digit, a comment or `W` must follow.
    private static func isPortableMap(_ bytes: ByteReader) -> Bool {
        guard bytes.has("P"), let kind = bytes.byte(at: 1), (0x31...0x37).contains(kind) else { return false }
        guard let blank = bytes.byte(at: 2), [0x0a, 0x0d, 0x20].contains(blank), let next = bytes.byte(at: 3) else { return false }
        return (0x30...0x39).contains(next) || next == 0x23 || next == 0x57
    }

    /// Whether the root element is `svg`: HTML pages can also contain such elements.
    private static func isSVG(_ bytes: ByteReader) -> Bool {
        // Comments and declarations may precede it.
        // UTF-16 becomes ASCII without its zeros.
        let isWide = bytes.has([0xff, 0xfe]) || bytes.has([0xfe, 0xff])
        let head = isWide ? bytes.bytes.prefix(16_384).dropFirst(2).filter { $0 != 0 } : Array(bytes.bytes.prefix(16_384))
        let start = String(decoding: head, as: UTF8.self).lowercased()
        guard start.drop(while: { $0.isWhitespace || $0 == "\u{feff}" }).first == "<" else { return false }
        guard let mark = start.range(of: "<svg") ?? start.range(of: "<!doctype svg") else { return false }
        return !start[..<mark.lowerBound].contains("<html") && !start[..<mark.lowerBound].contains("<!doctype html")
    }
}
