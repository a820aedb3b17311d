/// Unsupported formats that are rejected by name, in the plural.
enum ForeignFormat {
    static func name(of bytes: ByteReader) -> String? {
        pictures(bytes) ?? documents(bytes) ?? videos(bytes) ?? (isSVG(bytes) ? "SVG files" : nil)
    }

    private static func pictures(_ bytes: ByteReader) -> String? {
        if bytes.has("BM") { return "BMP files" }
        if bytes.has("8BPS") { return "Photoshop files" }
        if bytes.has([0xff, 0x0a]) || bytes.has("JXL ", at: 4) { return "JPEG XL files" }
        if bytes.has("jP  ", at: 4) || bytes.has([0xff, 0x4f, 0xff, 0x51]) { return "JPEG 2000 files" }
        if bytes.has("ftypcrx ", at: 4) { return "Camera raw files" }
        if bytes.has([0, 0, 1, 0]) || bytes.has("icns") { return "Icon files" }
        if bytes.has([0x49, 0x49, 0xbc]) { return "JPEG XR files" }
        if bytes.has([0x76, 0x2f, 0x31, 0x01]) { return "OpenEXR files" }
        if bytes.has("#?RADIANCE") || bytes.has("#?RGBE") { return "Radiance HDR files" }
        if bytes.has("DDS ") { return "DDS files" }
        if bytes.has("qoif") { return "QOI files" }
        if bytes.has("gimp xcf") { return "XCF files" }
        if bytes.has("SIMPLE  =") { return "FITS files" }
        if bytes.has("DICM", at: 128) { return "DICOM files" }
        if bytes.has([0x8a, 0x4d, 0x4e, 0x47]) || bytes.has([0x8b, 0x4a, 0x4e, 0x47]) { return "MNG files" }
        return isPortableMap(bytes) ? "Netpbm files" : nil
    }

    private static func documents(_ bytes: ByteReader) -> String? {
        if bytes.has("%PDF") { return "PDF files" }
        if bytes.has("%!PS") || bytes.has([0xc5, 0xd0, 0xd3, 0xc6]) { return "PostScript files" }
        return bytes.has("AT&TFORM") ? "DjVu files" : nil
    }

    private static func videos(_ bytes: ByteReader) -> String? {
        let isVideo =
            bytes.has("ftyp", at: 4) || bytes.has("moov", at: 4) || bytes.has([0x1a, 0x45, 0xdf, 0xa3])
            || bytes.has("RIFF") && bytes.has("AVI ", at: 8) || bytes.has("FLV\u{1}") || bytes.has([0, 0, 1, 0xba])
        return isVideo ? "Video files" : nil
    }

    /// P1 to P7 and a blank: three bytes that could also be text, so the next one must be a digit, a comment or `W`.
    private static func isPortableMap(_ bytes: ByteReader) -> Bool {
        guard bytes.has("P"), let kind = bytes.byte(at: 1), (0x31...0x37).contains(kind) else { return false }
        guard let blank = bytes.byte(at: 2), [0x0a, 0x0d, 0x20].contains(blank), let next = bytes.byte(at: 3) else { return false }
        return (0x30...0x39).contains(next) || next == 0x23 || next == 0x57
    }

    private static func isSVG(_ bytes: ByteReader) -> Bool {
        let start = String(decoding: bytes.bytes.prefix(1024), as: UTF8.self)
        return start.contains("<svg") || start.contains("<!DOCTYPE svg")
    }
}
