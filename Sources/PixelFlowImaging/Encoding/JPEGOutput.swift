/// The segments of a JPEG file.
enum JPEGOutput {
    /// The file without its EXIF segments.
    static func withoutEXIF(_ file: UnsafeRawBufferPointer) throws -> [UInt8] {
        let reader = ByteReader(file)
        var kept = Array(try reader.slice(at: 0, 2))
        var offset = 2
        while true {
            let marker = try reader.bigEndian(at: offset, 2)
            guard marker != startOfScan else { return kept + file[offset...] }
            let length = 2 + (try reader.bigEndian(at: offset + 2, 2))
            let segment = try reader.slice(at: offset, length)
            if marker != app1 || !reader.has("Exif\0\0", at: offset + 4) { kept += segment }
            offset += length
        }
    }

    /// The file with its resolution in a JFIF segment; libvips writes it only to EXIF.
    ///
    /// - Parameter perMillimetre: pixels per millimetre.
    static func withResolution(_ perMillimetre: (x: Double, y: Double), _ file: [UInt8]) -> [UInt8] {
        func perInch(_ value: Double) -> [UInt8] { UInt16(min(max(1, (value * 25.4).rounded()), 65_535)).bigEndianBytes }
        let segment: [UInt8] =
            [0xff, 0xe0, 0, 16] + Array("JFIF\0".utf8) + [1, 1, 1] + perInch(perMillimetre.x) + perInch(perMillimetre.y) + [0, 0]
        return file[..<2] + segment + file[2...]
    }

    private static let app1 = 0xffe1
    private static let startOfScan = 0xffda
}
